// Answers that stay open end with the service, also those that begin while it closes.
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createOpenAnswers } from '@caption-queue/api/http/connections';
import { fastify } from 'fastify';
import { afterEach, expect, it } from 'vitest';

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

const apps: ReturnType<typeof fastify>[] = [];
afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

it.each([
  ['alone', 'GET /gone HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  [
    'behind another on its connection',
    'GET /stays HTTP/1.1\r\nHost: localhost\r\n\r\nGET /gone HTTP/1.1\r\nHost: localhost\r\n\r\n',
  ],
])('an answer whose client went before anyone asked has ended: %s', async (_how, text) => {
  const app = fastify();
  apps.push(app);
  const openAnswers = createOpenAnswers(app);
  const [asked, told] = [new EventTarget(), new EventTarget()];
  const begun = once(asked, 'asked');
  const signal = once(told, 'told');
  const never = new Promise(() => undefined);
  app.get('/stays', () => never);
  app.get('/gone', async (request, reply) => {
    asked.dispatchEvent(new Event('asked'));
    await once(request.raw.socket, 'close');
    const detail = openAnswers.signalOf(reply).aborted;
    told.dispatchEvent(new CustomEvent('told', { detail }));
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(text);
  await begun;
  socket.destroy();
  expect(await signal).toMatchObject([{ detail: true }]);
});
