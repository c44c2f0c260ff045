// The API's settings, and the rules between them.
import { DEFAULT_MAX_PIXELS } from '@caption-queue/imaging/normalise';
import {
  admissionSettings,
  reconcilerSettings,
  redisSettings,
} from '@caption-queue/queue/settings';
import { ConfigError, loadConfig } from '@caption-queue/runtime/config';
import { logSettings } from '@caption-queue/runtime/logger';
import Type from 'typebox';
import { isLoopback } from './loopback.ts';
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
    description: 'Address to listen on; 0.0.0.0 is all of them and needs AUTH said explicitly',
  }),
  AUTH: Type.Optional(
    Type.Enum(['none', 'required'], {
      description: 'none lets everyone who reaches the port use the service',
    }),
  ),
  TRUST_PROXY: Type.String({
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
      'Largest picture, width × height; an imaging process takes up to 10 bytes for each pixel. AVIF gets half',
  }),
  IMAGING_PROCESSES: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 2,
    description: 'Pictures decoded at a time, each in a process of its own',
  }),
  ...outboundSettings,
  ...admissionSettings,
  ...reconcilerSettings,
  ...redisSettings,
  ...logSettings,
});
export type ApiSettings = Type.Static<typeof ApiSettings>;

/**
 * Reads the settings and refuses those that would open the service by accident.
 * @throws {ConfigError} with one clear line
 */
export function loadApiSettings(env: Record<string, string | undefined>): ApiSettings {
  const settings = loadConfig(ApiSettings, env);
  if (settings.AUTH === 'required') {
    throw new ConfigError(
      'AUTH=required needs API keys, which arrive in a later release; use AUTH=none on a network that you trust.',
    );
  }
  if (settings.AUTH === undefined && !isLoopback(settings.HOST)) {
    throw new ConfigError(
      `HOST=${settings.HOST} lets others reach this service, and it would ask nobody for a key. Say AUTH=none if you want that, or leave HOST at 127.0.0.1.`,
    );
  }
  return settings;
}

/** `TRUST_PROXY` as Fastify wants it. */
export function parseTrustProxy(
  text: string,
): boolean | string | ((address: string, hop: number) => boolean) {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? (_address, hop) => hop < Number(text) : text;
}
