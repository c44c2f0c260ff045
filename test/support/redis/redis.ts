// A real Redis for a test: in a container where a Docker engine answers, else a local server process.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { watchOver } from '../processes/watch-over.ts';
import { dockerAnswers, startRedisContainer } from './redis-container.ts';

const START_TIMEOUT_MS = 15_000;

/** What a test may do to its server. The port stays the same over a crash. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends it without warning, as a power cut or the kernel would. What AOF had on disk remains. */
  crash(): Promise<void>;
  /** Starts it again after a crash, with its data. `url` is how to reach it, if it wants a password. */
  revive(url?: string): Promise<void>;
  /** Freezes it: connections stay open and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it and deletes its data. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Configuration, e.g. `{ maxmemory: '100mb' }`. Default: AOF on every write, nothing evicted. */
  config?: Record<string, string>;
  /** A server that isn't there yet: call `revive` to start it. */
  absent?: boolean;
}

const DURABLE = {
  appendonly: 'yes',
  appendfsync: 'always',
  save: '',
  'maxmemory-policy': 'noeviction',
};

const localServer = ['redis-server', 'valkey-server'].find(
  (program) => spawnSync(program, ['--version']).status === 0,
);
/** `TEST_REDIS=local` keeps to local processes where an engine answers too. */
const docker = process.env.TEST_REDIS === 'local' ? false : await dockerAnswers();

/** Is there any way to run a Redis here? Says loudly what is missing when there is none. */
export const redisIsAvailable: boolean = localServer !== undefined || docker;
if (!redisIsAvailable) {
  console.warn(
    'SKIPPED: tests that need Redis. Install redis-server or valkey-server (apt-get install redis-server), or start Docker.',
  );
}

/** Starts a server of its own for a test or a file of tests. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const config = { ...DURABLE, ...options.config };
  const port = await freePort();
  const server = docker
    ? await startRedisContainer({ port, config })
    : await createLocalServer({ port, config });
  if (options.absent !== true) await server.revive();
  return server;
}

/** CPU time in milliseconds since the server was started. */
export async function redisCpuMs(url: string): Promise<number> {
  const redis = new Redis(url);
  const text = await redis.info('cpu');
  redis.disconnect();
  const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)?.[1]);
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1000;
}

async function createLocalServer(options: {
  port: number;
  config: Record<string, string>;
}): Promise<RedisServer> {
  const { port, config } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'caption-queue-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  let watchdog: ChildProcess | undefined;

  const flags = { ...config, port: String(port), bind: '127.0.0.1', dir: folder };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);

  async function crash(): Promise<void> {
    const ending = server;
    server = undefined;
    watchdog?.kill('SIGKILL');
    if (ending === undefined || ending.exitCode !== null) return;
    const exited = once(ending, 'exit');
    ending.kill('SIGKILL');
    await exited;
  }

  return {
    url,
    port,
    crash,
    async revive(reachableAt = url) {
      server = spawn(localServer ?? 'redis-server', args, { stdio: 'ignore' });
      watchdog = watchOver(server, folder);
      const ended = once(server, 'exit').then(([code]) => {
        throw new Error(`The Redis of port ${port} ended with ${code}.`);
      });
      ended.catch(() => undefined); // Later on, that is what a test wants.
      await Promise.race([untilItAnswers(reachableAt), ended]);
    },
    async pause() {
      server?.kill('SIGSTOP');
    },
    async resume() {
      server?.kill('SIGCONT');
    },
    async stop() {
      await crash();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @throws Error when it doesn't answer within 15 s */
export async function untilItAnswers(url: string): Promise<void> {
  const redis = new Redis(url, {
    retryStrategy: () => 25,
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
  });
  redis.on('error', () => undefined);
  try {
    await Promise.race([
      redis.ping(),
      new Promise((_resolve, reject) => {
        setTimeout(reject, START_TIMEOUT_MS, new Error(`${url} does not answer.`)).unref();
      }),
    ]);
  } finally {
    redis.disconnect();
  }
}

/** Below the ports that systems give to outgoing connections: Linux from 32768, others from 49152. */
const LISTENING_PORTS = { from: 20_000, count: 12_000 };

/** A port for a server that may go and come again: no outgoing connection, of whomever, takes it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LISTENING_PORTS.from + Math.floor(Math.random() * LISTENING_PORTS.count);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue; // Taken.
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
