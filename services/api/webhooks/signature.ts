// Secrets and signatures of Standard Webhooks 1.0.0, by the library of those who wrote it.
// See https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32;

export function createSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/**
 * The three headers by which a receiver knows who sent a body, and when.
 *
 * @param options.secrets each signs, so that a receiver may know any of them
 */
export function signatureHeaders(options: {
  id: string;
  timestampMs: number;
  body: string;
  secrets: readonly string[];
}): Record<string, string> {
  const { id, timestampMs, body, secrets } = options;
  const at = new Date(timestampMs);
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, at, body));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(timestampMs / 1_000)),
    'webhook-signature': signatures.join(' '),
  };
}
