// Secrets and signatures of Standard Webhooks 1.0.0.
// See https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32;

export function createSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64');
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
  const { id, body, secrets } = options;
  const timestamp = Math.floor(options.timestampMs / 1_000);
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
