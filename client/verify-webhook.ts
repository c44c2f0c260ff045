// Checks that a webhook came from the service: Standard Webhooks 1.0.0, with the Web Cryptography that is everywhere.
import type { CaptionRecord } from '@caption-queue/contract/caption';

/** Older and newer ones are refused, so that a recorded request can't be sent again for ever. */
const DEFAULT_TOLERANCE_SECONDS = 300;

export interface WebhookEvent {
  /** e.g. `caption.succeeded` */
  type: string;
  /** When it happened. */
  timestamp: string;
  /** The caption as it was then; of other events, their own. */
  data: CaptionRecord;
}

/** The request is not to be trusted; the message says why. */
export class WebhookVerificationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WebhookVerificationError';
  }
}

/**
 * @param options.body exactly as it arrived, before any parsing
 * @param options.secret `whsec_…`
 * @param options.toleranceSeconds how far its time may be from ours. Default 300.
 * @returns the event; its `webhook-id` header is the same each time that it is sent, so keep it to act only once
 * @throws WebhookVerificationError
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function verifyWebhook(options: {
  body: string;
  headers: Headers | Record<string, string | string[] | undefined>;
  secret: string;
  toleranceSeconds?: number;
  now?: Date;
}): Promise<WebhookEvent> {
  const { body, headers, secret, now = new Date() } = options;
  const { toleranceSeconds = DEFAULT_TOLERANCE_SECONDS } = options;
  const read = (name: string): string => {
    const value = headers instanceof Headers ? headers.get(name) : headers[name];
    if (typeof value === 'string' && value !== '') return value;
    throw new WebhookVerificationError(`The header ${name} is missing.`);
  };
  const id = read('webhook-id');
  const timestamp = read('webhook-timestamp');
  const signatures = read('webhook-signature').split(' ');

  const ageSeconds = now.getTime() / 1_000 - Number(timestamp);
  if (!/^\d+$/.test(timestamp) || Math.abs(ageSeconds) > toleranceSeconds) {
    throw new WebhookVerificationError('Its time is too far from now.');
  }
  const key = await crypto.subtle.importKey(
    'raw',
    fromBase64(secret.replace(/^whsec_/, '')),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['verify'],
  );
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const signature of signatures) {
    const [version, value] = signature.split(',');
    if (version !== 'v1' || value === undefined) continue;
    // Compares in constant time.
    if (await crypto.subtle.verify('HMAC', key, fromBase64(value), signed)) {
      return JSON.parse(body) as WebhookEvent;
    }
  }
  throw new WebhookVerificationError('No signature fits the body and this secret.');
}

/** @returns no bytes, which sign nothing, for text that isn't base64 */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
