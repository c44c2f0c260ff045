// The logger: JSON lines, with secrets taken out before they are written.

import { pino } from 'pino';
import Type from 'typebox';

export type Logger = Pick<
  import('pino').Logger,
  'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'
>;

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** `LOG_LEVEL`, for a service's settings. */
export const logSettings = {
  LOG_LEVEL: Type.Enum(logLevels, {
    default: 'info',
    description: 'debug also prints stack traces; silent prints nothing.',
  }),
};

/** Fields that may hold a secret, wherever they stand at the first two levels. */
const secretFields = ['authorization', 'cookie', 'password', 'secret', 'apiKey', 'token'];

/**
 * Creates a logger that writes to standard output.
 *
 * @param options.name which service speaks, e.g. `encoder-worker`
 * @param options.level least severe level that is written
 */
export function createLogger(options: { name: string; level: LogLevel }): Logger {
  return pino({
    name: options.name,
    level: options.level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[redacted]',
    },
  });
}

/** A URL as it may be printed: without its password. */
export function printableUrl(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== '') parsed.password = '***';
    return parsed.href;
  } catch {
    return '(not a URL)';
  }
}
