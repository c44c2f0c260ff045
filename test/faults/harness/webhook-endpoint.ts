// Registers a receiver of webhooks for every event; the service needs OUTBOUND_ALLOW=loopback to reach it.
import { expect } from 'vitest';
import type { TestReceiver } from '../../support/webhooks/webhooks.ts';

/** @returns the secret that signs what it gets */
export async function createEndpoint(
  url: string,
  receiver: TestReceiver,
): Promise<{ secret: string }> {
  const answer = await fetch(`${url}/v1/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: receiver.url }),
  });
  expect(answer.status).toBe(201);
  return (await answer.json()) as { secret: string };
}
