// Tells a lost connection from an error that Redis answered.

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

const messages = [
  'Connection is closed',
  'Command timed out',
  "Stream isn't writeable",
  'Socket timeout',
  'Command aborted due to connection close',
  'Connection is closing',
  'max retries per request',
];

/** Did a call fail because Redis couldn't be reached or was too slow? Then trying later may work. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return (
    (code !== undefined && networkCodes.has(code)) ||
    messages.some((message) => error.message.includes(message))
  );
}
