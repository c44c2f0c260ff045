// `npm start` as a person uses it: from nothing to a caption, through deaths, to a clean end.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTinyBundle } from '../support/model/tiny-bundle.ts';
import { freePort } from '../support/redis/redis.ts';

const script = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));
const POLL_MS = 50;

let folder: string;
let running: ChildProcess | undefined;
let printed: string;
let port: number;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'npm-start-'));
  await writeTinyBundle({ directory: path.join(folder, 'model') });
  port = await freePort();
  printed = '';
});

afterEach(async () => {
  if (running?.exitCode === null && running.signalCode === null) {
    running.kill('SIGTERM');
    await once(running, 'exit');
  }
  await rm(folder, { recursive: true });
});

function start(env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [script], {
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      DATA_DIR: path.join(folder, 'data'),
      MODEL: path.join(folder, 'model'),
      ...env,
    },
  });
  const collect = (chunk: Buffer) => {
    printed += chunk;
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  running = child;
  return child;
}

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + 45_000;
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}:\n${printed}`);
    await delay(POLL_MS);
  }
}

const untilPrinted = (text: string) =>
  until(`"${text}" is printed`, async () => printed.includes(text));

const childProcess = (name: string) =>
  until(`${name} runs`, async () => {
    const log = await readFile(path.join(folder, 'data/logs', `${name}.log`), 'utf8');
    const pids = [...log.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
    return pids.at(-1);
  });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The ports of both Redis servers, by their own logs. */
const redisPorts = () =>
  Promise.all(
    ['redis', 'redis-cache'].map(async (name) => {
      const log = await readFile(path.join(folder, 'data/logs', `${name}.log`), 'utf8');
      return Number(/Running mode=standalone, port=(\d+)/.exec(log)?.[1]);
    }),
  );

function isListening(portNumber: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(portNumber, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function caption(): Promise<string> {
  const photo = await readFile(new URL('../fixtures/photos/cat.jpg', import.meta.url));
  const address = `http://127.0.0.1:${port}`;
  const response = await fetch(`${address}/v1/captions`, {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg' },
    body: photo,
  });
  const { urls } = (await response.json()) as { urls: { self: string } };
  return until('the photo is captioned', async () => {
    const record = await (await fetch(new URL(urls.self, address))).json();
    return (record as { output: { caption: string } | null }).output?.caption;
  });
}

describe('npm start', { timeout: 120_000 }, () => {
  it('captions a photo, restarts what dies, and leaves nothing behind', async () => {
    const child = start();
    await untilPrinted('Caption');
    await untilPrinted(`http://127.0.0.1:${port}/`);

    const encoder = await childProcess('encoder-1');
    process.kill(encoder, 'SIGKILL');
    await untilPrinted('[encoder-1] died (SIGKILL)');
    expect(await caption()).not.toBe('');

    const pids = await Promise.all(['api', 'encoder-1', 'decoder-1'].map(childProcess));
    const ports = await redisPorts();
    expect(pids.every(isAlive)).toBe(true);
    expect(await Promise.all(ports.map(isListening))).toEqual([true, true]);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await Promise.all(ports.map(isListening))).toEqual([false, false]);
  });

  it('stops its children when it is killed itself', async () => {
    const child = start();
    await untilPrinted('Caption');
    const pids = await Promise.all(['api', 'encoder-1', 'decoder-1'].map(childProcess));
    const ports = await redisPorts();
    child.kill('SIGKILL');
    await until('all are gone', async () => pids.every((pid) => !isAlive(pid)));
    await until('Redis is gone', async () => {
      const listening = await Promise.all(ports.map(isListening));
      return listening.every((up) => !up);
    });
  });

  it('gives up at once on a model that can never be loaded', async () => {
    const child = start({ MODEL: path.join(folder, 'no-such-model') });
    const [code] = await once(child, 'exit');
    expect(code).toBe(78);
    expect(printed).toMatch(/cannot start: .*no-such-model/);
  });

  it('says in one line that the port is taken, before it starts anything', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const child = start();
    const [code] = await once(child, 'exit');
    other.close();
    expect(code).toBe(1);
    expect(printed.trim()).toBe(
      `Port ${port} is in use by another program. Choose another one: PORT=${port < 60_000 ? port + 1 : port - 1} npm start`,
    );
  });
});
