// Answers that stay open end with the service, also those that begin while it closes.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createOpenAnswers } from '@caption-queue/api/http/open-answers';
import { fastify } from 'fastify';
import { expect, it } from 'vitest';

it('an answer that is open, or opened while the service closes, is told at once', async () => {
  const app = fastify();
  const openAnswers = createOpenAnswers(app);
  const [asked, closing] = [new EventTarget(), new EventTarget()];
  const begun = once(asked, 'asked');
  const closed = once(closing, 'closing');
  app.addHook('preClose', async () => void closing.dispatchEvent(new Event('closing')));
  app.get('/', async (_request, reply) => {
    const early = openAnswers.signalOf(reply);
    asked.dispatchEvent(new Event('asked'));
    await closed;
    return { early: early.aborted, late: openAnswers.signalOf(reply).aborted };
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const answer = fetch(`http://127.0.0.1:${port}/`);
  await begun;
  const end = app.close();
  expect(await (await answer).json()).toEqual({ early: true, late: true });
  await end;
});
