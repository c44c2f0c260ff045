// Promise 6: webhooks arrive at least once, under the same id and signed, whatever receivers and the sender do.
// Each refusal, the schedule of about 27 h and what 410 means are proven in test/services/api/webhooks/deliveries.test.ts.
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { describe, expect, it, type TestContext } from 'vitest';
import { redisIsAvailable } from '../support/redis/redis.ts';
import {
  type Answer,
  answerNever,
  answerOk,
  answerStatus,
  startReceiver,
} from '../support/webhooks/webhooks.ts';
import { insist, untilEnded } from './harness/client.ts';
import { startCluster } from './harness/cluster.ts';
import { createLedger, nothingWrong } from './harness/ledger.ts';
import { smallPhotos } from './harness/pictures.ts';
import { settings } from './harness/settings.ts';
import { createEndpoint } from './harness/webhook-endpoint.ts';

/** A dead process's attempts are taken over within 15 s; an attempt that failed is repeated after 5 s. */
const ARRIVAL = { timeout: 60_000 };

/** What each receiver does to the first attempt. */
const receivers: Record<string, Answer> = {
  hangs: answerNever,
  'answers 500': answerStatus(500),
  resets: (request) => request.socket.resetAndDestroy(),
  redirects: answerStatus(302, { location: 'http://127.0.0.1/' }),
  'never ends its body': (_request, response) => response.writeHead(500).write('begun'),
};

describe.skipIf(!redisIsAvailable)('a webhook', () => {
  it('reaches every receiver under one id, though each fails at first and the API is killed', {
    timeout: settings.timeoutMs,
  }, async ({ onTestFinished }: TestContext) => {
    const env = { OUTBOUND_ALLOW: 'loopback' };
    const cluster = await startCluster({ encoders: 1, decoders: 1, env });
    onTestFinished(() => cluster.stop());
    const { url } = cluster;
    const endpoints = await Promise.all(
      Object.entries(receivers).map(async ([what, first]) => {
        const receiver = await startReceiver((request, response, count) =>
          (count === 1 ? first : answerOk)(request, response, count),
        );
        onTestFinished(() => receiver.close());
        return { what, receiver, ...(await createEndpoint(url, receiver)) };
      }),
    );

    const [picture] = (await smallPhotos(1)) as [Uint8Array];
    const id = await insist(url, { picture, key: 'told' });
    await untilEnded(url, id);
    await Promise.all(endpoints.map(({ receiver }) => receiver.until(1)));
    const [api] = cluster.apis;
    await api?.kill();
    await api?.restart();

    for (const { what, receiver, secret } of endpoints) {
      await expect.poll(() => receiver.received.length, ARRIVAL).toBeGreaterThanOrEqual(2);
      const ledger = createLedger();
      for (const { body, headers } of receiver.received) {
        const event = new StandardWebhook(secret).verify(body, headers) as {
          type: string;
          data: { id: string };
        };
        expect(event, what).toMatchObject({ type: 'caption.succeeded', data: { id } });
        ledger.deliver({ webhookId: headers['webhook-id'] ?? '', captionId: event.data.id });
      }
      expect(ledger.audit(), what).toEqual(nothingWrong);
    }
  });
});
