// Tells trouble with Redis, which passes, from mistakes, which don't.

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

/** Answers of a server that can't work now: it loads, is full, a replica, busy with a script, or grants too little. */
const troubledAnswers =
  /^(LOADING|OOM|MISCONF|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOAUTH|WRONGPASS|NOPERM|MOVED)\b/;

/** Did a call fail because of the state Redis is in, and not because it was wrong? */
export function isRedisTrouble(error: unknown): boolean {
  return (
    isConnectionError(error) || (error instanceof Error && troubledAnswers.test(error.message))
  );
}
