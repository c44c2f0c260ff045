// The API's settings, and the rules between them.
import { isIP } from 'node:net';
import { reconcilerSettings } from '@caption-queue/captions/reconcile';
import { DEFAULT_MAX_PIXELS } from '@caption-queue/imaging/limits';
import { redisSettings } from '@caption-queue/redis/settings';
import { loadConfig } from '@caption-queue/runtime/config';
import { logSettings } from '@caption-queue/runtime/logger';
import { tracingSettings } from '@caption-queue/runtime/tracing';
import Type from 'typebox';
import { isLoopback } from './access/own-site.ts';
import { outboundSettings } from './outbound/settings.ts';

export const ApiSettings = Type.Object({
  PORT: Type.Integer({
    minimum: 0,
    maximum: 65535,
    default: 5000,
    description: 'Port of the API and the page; 0 takes any free one',
  }),
  HOST: Type.String({
    default: '127.0.0.1',
    description: 'Address to listen on; 0.0.0.0 is all of them',
  }),
  AUTH: Type.Optional(
    Type.Enum(['none', 'required'], {
      description:
        'none lets everyone who reaches the port use the service; required asks for API keys. Unset: none on loopback, else required',
    }),
  ),
  TRUST_PROXY: Type.String({
    problemOf: trustProxyProblem,
    default: 'false',
    description:
      'Which reverse proxies are believed about the client: true, false, a number of hops, or addresses with commas',
  }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#@]+/?$',
      description:
        'Address under which people reach the service; its host is answered too, and links begin with it',
    }),
  ),
  CORS_ORIGINS: Type.Optional(
    Type.String({
      pattern: '^(\\*|https?://[^/?#@,\\s]+(\\s*,\\s*https?://[^/?#@,\\s]+)*)$',
      description:
        'Origins whose pages may use the API from a browser, with commas, e.g. https://shop.example; * is any',
    }),
  ),
  RATE_LIMIT: Type.Optional(
    Type.Integer({
      minimum: 0,
      description:
        'Requests a key may make in a minute; 0 is without limit. Unset: 600, and without limit while AUTH=none',
    }),
  ),
  MAX_UPLOAD_BYTES: Type.Integer({
    minimum: 1,
    maximum: 256 * 1024 * 1024,
    default: 20 * 1024 * 1024,
    description: 'Largest picture file; larger ones are answered with 413',
  }),
  MAX_PIXELS: Type.Integer({
    minimum: 1,
    maximum: 1_000_000_000,
    default: DEFAULT_MAX_PIXELS,
    description:
      'Largest picture, width × height; an imaging process takes up to 10 bytes for each pixel. AVIF and HEIC get half',
  }),
  IMAGING_PROCESSES: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 2,
    description: 'Pictures decoded at a time, each in a process of its own',
  }),
  ...outboundSettings,
  QUEUE_LIMIT: Type.Integer({
    minimum: 1,
    default: 2_000,
    description: 'Most captions in work at once; more are answered with 503 and Retry-After',
  }),
  QUEUE_LIMIT_BYTES: Type.Integer({
    minimum: 540_000,
    default: 1024 ** 3,
    description:
      'Memory that captions in work may take on the durable Redis, 540 kB each; its maxmemory must be at least twice this',
  }),
  TENANT_QUEUE_LIMIT: Type.Optional(
    Type.Integer({
      minimum: 1,
      description:
        'Most captions of one tenant in work at once; more are answered with 429 and Retry-After. Unset: QUEUE_LIMIT',
    }),
  ),
  RETENTION_SECONDS: Type.Integer({
    minimum: 60,
    default: 7 * 24 * 3600,
    description: 'How long a caption can be read after it ended',
  }),
  ...reconcilerSettings,
  ...redisSettings,
  ...logSettings,
  ...tracingSettings,
});
/** As read, with what depends on other settings decided. */
export type ApiSettings = Type.Static<typeof ApiSettings> & {
  AUTH: 'none' | 'required';
  RATE_LIMIT: number;
};

const DEFAULT_RATE_LIMIT = 600;

/**
 * Reads the settings. Who says nothing of AUTH gets a service that only this machine can use without a key.
 *
 * @throws {ConfigError} with one clear line
 */
export function loadApiSettings(env: Record<string, string | undefined>): ApiSettings {
  const settings = loadConfig(ApiSettings, env);
  const AUTH = settings.AUTH ?? (isLoopback(settings.HOST) ? 'none' : 'required');
  const RATE_LIMIT = AUTH === 'none' ? 0 : (settings.RATE_LIMIT ?? DEFAULT_RATE_LIMIT);
  return { ...settings, AUTH, RATE_LIMIT };
}

/** `CORS_ORIGINS` as a list. */
export function parseOrigins(text = ''): string[] {
  return text
    .toLowerCase()
    .split(/\s*,\s*/)
    .filter((origin) => origin !== '');
}

/** Names of address ranges that Fastify knows. */
const namedRanges = ['loopback', 'linklocal', 'uniquelocal'];

function trustProxyProblem(text: string): string | undefined {
  if (/^(true|false|\d+)$/.test(text)) return undefined;
  const wrong = text.split(',').find((part) => !isRange(part.trim()));
  return (
    wrong &&
    `"${wrong.trim()}" is no address; write true, false, a number of hops, or e.g. 10.0.0.0/8,192.168.1.7`
  );
}

function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  const isLength =
    bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
  return namedRanges.includes(text) || (family !== 0 && more.length === 0 && isLength);
}

/** `TRUST_PROXY` as Fastify wants it. */
export function parseTrustProxy(
  text: string,
): boolean | string | ((address: string, hop: number) => boolean) {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? (_address, hop) => hop < Number(text) : text;
}
