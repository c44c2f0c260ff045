// The two Redis servers of a local start, as configuration text: the durable one keeps every accepted
// caption, the cache may vanish at any moment. See docs/operating.md.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { dataDirectory } from '../paths.mjs';

/** Admission stops at QUEUE_LIMIT_BYTES; twice that leaves room so that no write fails half-way. */
const DURABLE_MEMORY_FACTOR = 2;
/** About 1,900 photos' features of 262 kB each. */
const CACHE_MEMORY_BYTES = 512 * 1024 ** 2;

/**
 * @typedef {'durable' | 'cache'} RoleName
 * @typedef {{ queueLimitBytes: number }} Limits
 *
 * @typedef {object} Role a server that is not running yet
 * @property {RoleName} role
 * @property {string} name in messages, and of the log file
 * @property {number} port
 * @property {string} password
 * @property {string} url
 * @property {string} directory
 * @property {(place: { directory: string, bind: string, port: number }) => string} configuration its text
 *
 * @typedef {{ command: string, args: string[], input: string }} ServerCommand
 */

/**
 * What differs between the two roles.
 * @type {Record<RoleName, (limits: Limits) => string[]>}
 */
const roleSettings = {
  durable: ({ queueLimitBytes }) => [
    `maxmemory ${queueLimitBytes * DURABLE_MEMORY_FACTOR}`,
    'maxmemory-policy noeviction',
    'appendonly yes',
    'appendfsync everysec',
  ],
  cache: () => [`maxmemory ${CACHE_MEMORY_BYTES}`, 'maxmemory-policy allkeys-lru', 'appendonly no'],
};

/**
 * Chooses a free port and a password for one server.
 * @param {RoleName} role
 * @param {Limits} limits
 * @returns {Promise<Role>}
 */
export async function prepareRole(role, { queueLimitBytes }) {
  const port = await findFreePort();
  // Loopback is shared by everyone on this machine, so even there a password is needed.
  const password = randomBytes(24).toString('hex');
  const directory = path.join(dataDirectory, 'redis', role);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return {
    role,
    name: role === 'durable' ? 'redis' : 'redis-cache',
    port,
    password,
    url: `redis://:${password}@127.0.0.1:${port}`,
    directory,
    configuration: (place) =>
      [
        `port ${place.port}`,
        `bind ${place.bind}`,
        'protected-mode yes',
        `requirepass ${password}`,
        `dir ${JSON.stringify(place.directory)}`,
        'daemonize no',
        'logfile ""',
        'save ""',
        ...roleSettings[role]({ queueLimitBytes }),
        '',
      ].join('\n'),
  };
}

/** @returns {Promise<number>} a TCP port that nobody listened on a moment ago */
function findFreePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      server.close(() => (port ? resolve(port) : reject(new Error('There is no free port.'))));
    });
  });
}
