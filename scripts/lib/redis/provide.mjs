// Provides the two Redis servers that the services need: given ones, else local processes, else
// containers, else what the package manager installs.
import { Refusal, say } from '../report.mjs';
import { dockerCommand, findDocker, pullImage } from './docker.mjs';
import { findServerProgram, installServerProgram } from './programs.mjs';
import { prepareRole } from './roles.mjs';

/**
 * @import { Role, ServerCommand } from './roles.mjs'
 * @typedef {{ REDIS_URL?: string, CACHE_REDIS_URL?: string }} RedisUrls
 * @typedef {Role & ServerCommand} RedisServer
 */

/**
 * Finds out where Redis comes from, and says so. Starts nothing.
 * @param {{ redisUrl?: string | undefined, cacheRedisUrl?: string | undefined, queueLimitBytes: number }} settings
 * @returns {Promise<{ urls: RedisUrls, servers: RedisServer[] }>} the settings that the services get, and the servers
 *   to run for them
 * @throws Refusal when there is no way to a Redis server
 */
export async function provideRedis({ redisUrl, cacheRedisUrl, queueLimitBytes }) {
  if (redisUrl !== undefined) {
    say(`Redis: the server of REDIS_URL (${withoutPassword(redisUrl)})`);
    return { urls: {}, servers: [] };
  }
  const run = await findWayToRun();
  const [durable, cache] = await Promise.all([
    prepareRole('durable', { queueLimitBytes }),
    cacheRedisUrl === undefined ? prepareRole('cache', { queueLimitBytes }) : undefined,
  ]);
  return {
    urls: { REDIS_URL: durable.url, ...(cache && { CACHE_REDIS_URL: cache.url }) },
    servers: [durable, ...(cache ? [cache] : [])].map((role) => ({ ...role, ...run(role) })),
  };
}

/**
 * Makes sure that a Redis server can be run on this machine.
 * @returns {Promise<(role: Role) => ServerCommand>} how to run one of a role
 * @throws Refusal when there is none and none can be installed
 */
export async function findWayToRun() {
  const found = await findServerProgram();
  if (found !== undefined) return localCommand(found);

  const docker = await findDocker();
  if (docker !== undefined) {
    say('Redis: no redis-server or valkey-server on the path; using Docker');
    await pullImage(docker);
    return (role) => dockerCommand(docker, role);
  }

  const failures = await installServerProgram();
  const installed = await findServerProgram();
  if (installed !== undefined) return localCommand(installed);
  throw new Refusal(
    [
      'No Redis could be found or installed.',
      ...failures,
      'Install redis-server or valkey-server (6.2 or newer), start Docker, or set REDIS_URL to a server that runs already; then run the command again.',
    ].join('\n'),
  );
}

/**
 * @param {{ program: string, version: string }} found
 * @returns {(role: Role) => ServerCommand}
 */
function localCommand({ program, version }) {
  say(`Redis: ${program} ${version}`);
  return (role) => ({
    command: program,
    // The configuration, which holds the password, goes through standard input: no file, no argument.
    args: ['-'],
    input: role.configuration({ directory: role.directory, bind: '127.0.0.1', port: role.port }),
  });
}

/**
 * @param {string} url
 * @returns the URL with its password hidden, or a word when it is no URL (the services will say why)
 */
function withoutPassword(url) {
  try {
    const parsed = new URL(url);
    if (parsed.password !== '') parsed.password = '***';
    return parsed.href;
  } catch {
    return 'not a URL';
  }
}
