// Signatures against the specification's own example, its library, and the cryptography of Node.js.

import { createHmac, randomBytes } from 'node:crypto';
import { createSecret, signatureHeaders } from '@caption-queue/api/webhooks/signature';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';

describe('a signature', () => {
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Signature scheme"
  it('is the one that the specification computes', () => {
    const headers = signatureHeaders({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampMs: 1_614_265_330_999,
      body: '{"test": 2432232314}',
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    });
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('verifies with any of the secrets, whatever the body', () => {
    const secrets = [createSecret(), createSecret()];
    const body = JSON.stringify({ text: 'é 犬 \u0000 "' });
    const headers = signatureHeaders({ id: 'msg_1', timestampMs: Date.now(), body, secrets });
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    }
    expect(() => new Webhook(createSecret()).verify(body, headers)).toThrow();
    expect(() => new Webhook(secrets[0] as string).verify(`${body} `, headers)).toThrow();
  });

  it.each([0, 1, 55, 56, 64, 1_000, 20_000])('is right for a body of %i bytes', (bytes) => {
    const id = 'msg_1';
    const body = randomBytes(bytes).toString('latin1');
    const secrets = [createSecret(), createSecret(), createSecret()];
    const headers = signatureHeaders({ id, timestampMs: 1_700_000_000_000, body, secrets });
    const expected = secrets.map((secret) => {
      const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
      const hash = createHmac('sha256', key).update(`${id}.1700000000.${body}`).digest('base64');
      return `v1,${hash}`;
    });
    expect(headers['webhook-signature']).toBe(expected.join(' '));
  });
});
