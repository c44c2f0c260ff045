// The API as the process that people start: refusals in one line, an orderly end, children that hold no secrets.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { readCaption, readProblem } from '../../support/api/api.ts';
import { readEvents } from '../../support/api/sse.ts';
import { readPhoto } from '../../support/pictures/pictures.ts';
import { randomPrefix } from '../../support/pipeline/pipeline.ts';
import { canSeeProcesses, childrenOf, isRunning } from '../../support/processes/process-tree.ts';
import { redisIsAvailable, startRedis } from '../../support/redis/redis.ts';
import { useRedis } from '../../support/redis/use-redis.ts';

const main = fileURLToPath(new URL('../../../services/api/dist/main.js', import.meta.url));
const photo = readPhoto('astronaut.jpg');

interface Running {
  child: ChildProcess;
  address: string;
}

describe.skipIf(!redisIsAvailable || !canSeeProcesses)('the API’s process', () => {
  const redis = useRedis();
  const running: ChildProcess[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
  });

  function launch(env: Record<string, string>) {
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env.PATH, REDIS_URL: redis.url, REDIS_PREFIX: randomPrefix(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.push(child);
    return child;
  }

  async function start(env: Record<string, string> = {}): Promise<Running> {
    const child = launch({ PORT: '0', ...env });
    let log = '';
    for await (const chunk of child.stdout ?? []) {
      log += String(chunk);
      const address = /"address":"(http:[^"]+)"/.exec(log)?.[1];
      if (address === undefined) continue;
      if (env.REDIS_URL === undefined) {
        const ready = async () => (await fetch(`${address}/readyz`)).status;
        await expect.poll(ready, { timeout: 5_000 }).toBe(200);
      }
      return { child, address };
    }
    throw new Error(`It did not start: ${log}`);
  }

  async function refusal(env: Record<string, string>) {
    const child = launch({ LOG_LEVEL: 'error', ...env });
    let complaint = '';
    child.stderr?.on('data', (chunk) => {
      complaint += String(chunk);
    });
    const [code] = await once(child, 'close');
    return { code, lines: complaint.trim().split('\n') };
  }

  const post = (address: string, body: Buffer = photo) =>
    fetch(`${address}/v1/captions`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: new Uint8Array(body),
    });

  it('refuses a taken port in one line that says how to go on', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const { code, lines } = await refusal({ PORT: String(port) });
    blocker.close();
    expect(code).toBe(78);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`Port ${port} .* taken .*PORT=${port + 1}`));
  });

  it.each([
    [{ AUTH: 'maybe' }, /AUTH/],
    [{ PORT: 'web' }, /PORT/],
  ])('refuses %o in one line', async (env, expected) => {
    const { code, lines } = await refusal(env);
    expect(code).toBe(78);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(expected);
  });

  it('asks for keys as soon as it listens to others than this machine', async () => {
    const { address } = await start({ HOST: '0.0.0.0' });
    const local = `http://127.0.0.1:${new URL(address).port}`;
    expect((await post(local)).status).toBe(401);
    expect((await fetch(`${local}/livez`)).status).toBe(200);
  });

  it('starts without Redis, says so, and works once it is there', async () => {
    const absent = await startRedis({ absent: true });
    try {
      const { address } = await start({ REDIS_URL: absent.url });
      expect(await readProblem(await post(address))).toMatchObject({ code: 'redis_unavailable' });
      expect((await fetch(`${address}/readyz`)).status).toBe(503);
      expect((await fetch(`${address}/livez`)).status).toBe(200);
      await absent.revive();
      await expect.poll(async () => (await post(address)).status, { timeout: 10_000 }).toBe(202);
    } finally {
      await absent.stop();
    }
  });

  it('ends in order on SIGTERM: streams end, children are gone, status 0', async () => {
    const { child, address } = await start();
    const { urls } = await readCaption(await post(address));
    const children = childrenOf(child.pid);
    expect(children).toHaveLength(2);
    await readEvents(`${address}${urls.events}`, { stopAfter: 1 });
    const following = readEvents(`${address}${urls.events}`);
    await readEvents(`${address}${urls.events}`, { stopAfter: 1 });
    const startMs = performance.now();
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(3_000);
    expect(await following).toMatchObject({ ended: true });
    expect(children.filter(isRunning)).toEqual([]);
  });

  it('leaves no imaging process behind when it is killed', async () => {
    const { child, address } = await start();
    await post(address);
    const children = childrenOf(child.pid);
    child.kill('SIGKILL');
    const alive = () => children.filter(isRunning);
    await expect.poll(alive).toEqual([]);
  });

  it('decodes in processes that know no secret, and replaces those that die', async () => {
    const { child, address } = await start({ IMAGING_PROCESSES: '1' });
    expect((await post(address)).status).toBe(202);
    const [first = 0] = childrenOf(child.pid);
    const environment = readFileSync(`/proc/${first}/environ`, 'utf8');
    expect(environment).toContain('MALLOC_ARENA_MAX=2');
    expect(environment).not.toContain('REDIS');
    process.kill(first, 'SIGKILL');
    await expect.poll(async () => (await post(address)).status).toBe(202);
    expect(childrenOf(child.pid)).not.toContain(first);
  });
});
