// The client's check of webhooks, against the library of the people who wrote the standard.

import { verifyWebhook } from '@caption-queue/client/verify-webhook';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';

const secret = `whsec_${Buffer.from('a secret of thirty-two bytes, no').toString('base64')}`;
const now = new Date('2026-01-02T03:04:05Z');
const body = JSON.stringify({ type: 'caption.succeeded', timestamp: now, data: { id: 'cap_1' } });

function signed(options: { at?: Date; by?: string } = {}): Record<string, string> {
  const { at = now, by = secret } = options;
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(by).sign('msg_1', at, body),
  };
}

const verify = (headers: Record<string, string>, text = body) =>
  verifyWebhook({ body: text, headers, secret, now });

describe('a webhook', () => {
  it('that is signed with the secret is read', async () => {
    expect(await verify(signed())).toEqual(JSON.parse(body));
    expect(await verifyWebhook({ body, headers: new Headers(signed()), secret, now })).toEqual(
      JSON.parse(body),
    );
  });

  it('may carry the signatures of an old and a new secret', async () => {
    const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const both = {
      ...signed(),
      'webhook-signature': `${signed({ by: other })['webhook-signature']} v2,x ${signed()['webhook-signature']}`,
    };
    expect(await verify(both)).toMatchObject({ type: 'caption.succeeded' });
  });

  it.each([
    ['another body', () => verify(signed(), body.replace('cap_1', 'cap_2'))],
    ['another id', () => verify({ ...signed(), 'webhook-id': 'msg_2' })],
    ['another secret', () => verify(signed({ by: `whsec_${btoa('x'.repeat(32))}` }))],
    ['no signature', () => verify({ ...signed(), 'webhook-signature': '' })],
    ['nonsense as signature', () => verify({ ...signed(), 'webhook-signature': 'v1,%%%' })],
    ['an old time', () => verify(signed({ at: new Date(now.getTime() - 301_000) }))],
    ['a time to come', () => verify(signed({ at: new Date(now.getTime() + 301_000) }))],
    ['no time', () => verify({ ...signed(), 'webhook-timestamp': 'now' })],
  ])('with %s is refused', async (_case, attempt) => {
    await expect(attempt()).rejects.toThrow(
      expect.objectContaining({ name: 'WebhookVerificationError' }),
    );
  });
});
