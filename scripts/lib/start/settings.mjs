// The settings that `npm start` itself needs. All others go to the services as they are, and are
// checked there.
import { createServer } from 'node:net';
import { Refusal } from '../report.mjs';

const DEFAULT_PORT = 5_000;
const DEFAULT_QUEUE_LIMIT_BYTES = 1024 ** 3;
const MOST_WORKERS = 64;

/**
 * Reads the environment.
 * @throws Refusal naming the setting that is wrong
 */
export function readSettings(environment = process.env) {
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

/** @returns the address to reach the API at from this machine */
export function localAddress({ host, port }) {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host] ?? host;
  return `http://${reachable.includes(':') && !reachable.startsWith('[') ? `[${reachable}]` : reachable}:${port}`;
}

/**
 * Looks whether the port is free before anything is installed or started.
 * @throws Refusal that says how to choose another
 */
export async function requireFreePort({ host, port }) {
  const code = await new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.code));
    server.listen({ port, host }, () => server.close(() => resolve(undefined)));
  });
  if (code === undefined) return;
  const why = {
    EADDRINUSE: `Port ${port} is in use by another program.`,
    EACCES: `Port ${port} may not be used without more rights.`,
  };
  throw new Refusal(
    why[code] === undefined
      ? `The API cannot listen on HOST=${host}, port ${port} (${code}).`
      : `${why[code]} Choose another one: PORT=${port < 60_000 ? port + 1 : port - 1} npm start`,
  );
}
