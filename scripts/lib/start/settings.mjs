// The settings that `npm start` itself needs. All others go to the services as they are, and are
// checked there.
import { createServer } from 'node:net';
import { Refusal } from '../report.mjs';

const DEFAULT_PORT = 5_000;
const DEFAULT_QUEUE_LIMIT_BYTES = 1024 ** 3;
const MOST_WORKERS = 64;

/**
 * @typedef {object} Settings
 * @property {string} host
 * @property {number} port
 * @property {number} encoderWorkers
 * @property {number} decoderWorkers
 * @property {string | undefined} redisUrl
 * @property {string | undefined} cacheRedisUrl
 * @property {number} queueLimitBytes
 */

/**
 * Reads the environment.
 * @returns {Settings}
 * @throws Refusal naming the setting that is wrong
 */
export function readSettings(environment = process.env) {
  /**
   * @param {string} name
   * @param {number} fallback
   * @param {{ minimum: number, maximum: number }} range
   */
  const integer = (name, fallback, { minimum, maximum }) => {
    const text = environment[name];
    if (text === undefined || text === '') return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    throw new Refusal(`${name}=${text} is not a whole number from ${minimum} to ${maximum}.`);
  };
  const workers = { minimum: 1, maximum: MOST_WORKERS };
  return {
    host: environment.HOST || '127.0.0.1',
    port: integer('PORT', DEFAULT_PORT, { minimum: 1, maximum: 65_535 }),
    encoderWorkers: integer('ENCODER_WORKERS', 1, workers),
    decoderWorkers: integer('DECODER_WORKERS', 1, workers),
    redisUrl: environment.REDIS_URL || undefined,
    cacheRedisUrl: environment.CACHE_REDIS_URL || undefined,
    queueLimitBytes: integer('QUEUE_LIMIT_BYTES', DEFAULT_QUEUE_LIMIT_BYTES, {
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
  };
}

/** @type {Record<string, string>} */
const loopbackOf = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * @param {Pick<Settings, 'host' | 'port'>} settings
 * @returns the address to reach the API at from this machine
 */
export function localAddress({ host, port }) {
  const reachable = loopbackOf[host] ?? host;
  const isIpv6 = reachable.includes(':') && !reachable.startsWith('[');
  return `http://${isIpv6 ? `[${reachable}]` : reachable}:${port}`;
}

/**
 * Why a port is not free, by the code of the error.
 * @type {Record<string, string>}
 */
const reasons = {
  EADDRINUSE: 'is in use by another program.',
  EACCES: 'may not be used without more rights.',
};

/**
 * Looks whether the port is free before anything is installed or started.
 * @param {Pick<Settings, 'host' | 'port'>} settings
 * @throws Refusal that says how to choose another
 */
export async function requireFreePort({ host, port }) {
  /** @type {NodeJS.ErrnoException | undefined} */
  const error = await new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ port, host }, () => server.close(() => resolve(undefined)));
  });
  if (error === undefined) return;
  const why = reasons[error.code ?? ''];
  throw new Refusal(
    why === undefined
      ? `The API cannot listen on HOST=${host}, port ${port} (${error.code}).`
      : `Port ${port} ${why} Choose another one: PORT=${port < 60_000 ? port + 1 : port - 1} npm start`,
  );
}
