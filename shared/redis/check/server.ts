// Looks whether a Redis can be used: address, sign-in, role, version, and the rights really needed, by trying them.
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { type RedisTls, tlsOptions } from '../tls.ts';
import { type Call, cacheCalls, durableCalls } from './commands.ts';
import {
  answerVerdict,
  connectionVerdict,
  missingRights,
  notInCluster,
  type Verdict,
} from './verdict.ts';

/** Of connecting, and of each command: a server that takes longer counts as away. */
const TIMEOUT_MS = 3_000;
const OLDEST_VERSION = [6, 2] as const;

export interface CheckedServer {
  /** The setting that has the URL, for messages. */
  setting: string;
  url: string;
  role: 'durable' | 'cache';
  tls: RedisTls;
  prefix: string;
}

/** Asks on a connection of its own. Never throws. */
export async function checkServer(server: CheckedServer): Promise<Verdict> {
  const { hostname, port, username, password, pathname } = new URL(server.url);
  const redis = new Redis({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 6379),
    ...tlsOptions(server.url, server.tls),
    connectionName: 'caption-queue-check',
    disableClientInfo: true,
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
  });
  let lost: Error | undefined;
  redis.on('error', (error: Error) => {
    lost ??= error;
  });
  const credentials = {
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
  try {
    await redis.connect();
    return await ask(redis, { ...server, ...credentials, database: pathname.slice(1) });
  } catch (error) {
    const cause = lost ?? (error as Error);
    return answerVerdict(cause, server.setting) ?? connectionVerdict(cause, server.setting);
  } finally {
    redis.disconnect();
  }
}

interface Asked extends CheckedServer {
  username: string;
  password: string;
  /** Its number, or nothing for the first. */
  database: string;
}

async function ask(redis: Redis, server: Asked): Promise<Verdict> {
  const { setting } = server;
  const refused = (await signIn(redis, server)) ?? (await chooseDatabase(redis, server));
  if (refused) return refused;
  const info = await redis.info().catch((error: Error) => {
    if (answerVerdict(error, setting)) throw error;
    return undefined;
  });
  const problem = info === undefined ? undefined : unfit(parseInfo(info), server);
  return problem ?? tryRights(redis, server, info);
}

async function signIn(
  redis: Redis,
  { setting, username, password }: Asked,
): Promise<Verdict | undefined> {
  if (password === '') return undefined;
  try {
    await redis.call('AUTH', ...(username === '' ? [password] : [username, password]));
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    // Without a password of its own the server takes everybody: nothing that hinders.
    if (/without any password configured/.test(message)) return undefined;
    if (/wrong number of arguments/.test(message)) {
      const problem = `The Redis in ${setting} knows no users, only a password; it is older than 6.2`;
      return { kind: 'mistake', problem };
    }
    throw error;
  }
}

async function chooseDatabase(
  redis: Redis,
  { setting, database }: Asked,
): Promise<Verdict | undefined> {
  if (database === '' || database === '0') return undefined;
  try {
    await redis.call('SELECT', database);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    if (/cluster/i.test(message)) return { kind: 'mistake', problem: notInCluster(setting) };
    if (answerVerdict(error as Error, setting)) throw error;
    const problem = `The Redis in ${setting} has no database ${database} that may be used (${message})`;
    return { kind: 'mistake', problem };
  }
}

type Info = Record<string, string>;

const parseInfo = (text: string): Info =>
  Object.fromEntries(
    [...text.matchAll(/^([a-z_0-9]+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]),
  );

/** What makes it useless however its rights are. */
function unfit(info: Info, { setting }: Asked): Verdict | undefined {
  if (info.redis_mode === 'sentinel') {
    const problem = `${setting} names a Sentinel, which only knows where Redis is; name the Redis itself`;
    return { kind: 'mistake', problem };
  }
  if (info.cluster_enabled === '1') return { kind: 'mistake', problem: notInCluster(setting) };
  const version = info.valkey_version ?? info.redis_version ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_VERSION;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    const problem = `The Redis in ${setting} is version ${version}; ${oldestMajor}.${oldestMinor} or newer is needed`;
    return { kind: 'mistake', problem };
  }
  return undefined;
}

async function tryRights(redis: Redis, server: Asked, info: string | undefined): Promise<Verdict> {
  const { setting, prefix, role, username } = server;
  const scratch = `${prefix}:check:${randomBytes(6).toString('hex')}`;
  const calls = role === 'durable' ? durableCalls(scratch) : cacheCalls(scratch);
  const errors = await callAll(redis, calls);
  if (role === 'durable')
    errors.set('SUBSCRIBE', await failureOf(redis.subscribe(`${scratch}:channel`)));
  const failures = [...errors].flatMap(([command, error]) => (error ? [{ command, error }] : []));
  for (const { error } of failures) {
    const verdict = answerVerdict(error, setting);
    if (verdict) return verdict;
  }
  const commands = failures
    .filter(({ error }) => /NOPERM|no permissions|unknown command/.test(error.message))
    .map(({ command }) => command);
  if (commands.length > 0) {
    return missingRights({ setting, user: username || 'default', commands, prefix });
  }
  return {
    kind: 'usable',
    answersInfo: info !== undefined,
    warnings: info === undefined || role === 'cache' ? [] : warningsOf(parseInfo(info), setting),
  };
}

async function callAll(redis: Redis, calls: Call[]): Promise<Map<string, Error | undefined>> {
  const failures = await Promise.all(
    calls.map(([command, ...args]) => failureOf(redis.call(command, ...args))),
  );
  return new Map(calls.map(([command], index) => [command, failures[index]]));
}

/** A lost connection is no answer. */
async function failureOf(call: Promise<unknown>): Promise<Error | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof Error && /^[A-Z]+ /.test(error.message)) return error;
    throw error;
  }
}

function warningsOf(info: Info, setting: string): string[] {
  const policy = info.maxmemory_policy ?? 'noeviction';
  return [
    policy === 'noeviction'
      ? ''
      : `The Redis in ${setting} has maxmemory-policy ${policy}: it may throw away captions; set noeviction`,
    info.aof_enabled === '0'
      ? `The Redis in ${setting} keeps no append-only file: captions are lost when it ends; set appendonly yes`
      : '',
  ].filter((warning) => warning !== '');
}
