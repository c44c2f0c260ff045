// The receivers of docs/webhooks.md are run as they stand there, and get what this service sends.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { createWebhookDeliveries } from '@caption-queue/api/webhooks/deliveries';
import { createWebhookEndpoints } from '@caption-queue/api/webhooks/endpoints';
import { systemClock } from '@caption-queue/api/webhooks/schedule';
import { transform } from 'esbuild';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { endWithTest } from '../../../support/end-with-test.ts';
import { randomPrefix, soon } from '../../../support/pipeline/pipeline.ts';
import { freePort, redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import { endedCaption, startDelivering } from '../../../support/webhooks/webhooks.ts';

const repository = path.join(import.meta.dirname, '../../../..');
/** Inside the repository, so that npm packages are found from there. */
const folder = path.join(repository, `node_modules/.cache/caption-queue-receivers-${process.pid}`);
const tenant = 'default';
const python = ['python3', 'python'].find(
  (program) => spawnSync(program, ['-c', 'str.removeprefix']).status === 0,
);
if (python === undefined)
  console.warn('SKIPPED: the receiver in Python needs Python 3.9 or newer.');

describe.skipIf(!redisIsAvailable)('the receiver of docs/webhooks.md', () => {
  const server = useRedis();
  beforeAll(() => mkdir(folder, { recursive: true }));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function codeOf(language: string): Promise<string> {
    const guide = await readFile(path.join(repository, 'docs/webhooks.md'), 'utf8');
    const code = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(guide)?.[1];
    if (code === undefined) throw new Error(`docs/webhooks.md has no ${language}.`);
    return code;
  }

  const receivers = {
    async ts() {
      const { code } = await transform(await codeOf('ts'), { loader: 'ts' });
      const file = path.join(folder, 'receiver.mjs');
      await writeFile(file, code);
      return [process.execPath, file] as const;
    },
    async python() {
      const file = path.join(folder, 'receiver.py');
      await writeFile(file, await codeOf('python'));
      return [python ?? 'python3', file] as const;
    },
  };

  it.each(
    Object.keys(receivers).filter(
      (language) => language !== 'python' || python !== undefined,
    ) as (keyof typeof receivers)[],
  )('in %s takes what is ours, once, and refuses the rest', async (language) => {
    const [program, file] = await receivers[language]();
    const prefix = randomPrefix();
    const redis = endWithTest(new Redis(server.url));
    const common = { redis, prefix, clock: systemClock };
    const endpoints = createWebhookEndpoints(common);
    const deliveries = createWebhookDeliveries({ ...common, retentionSeconds: 60 });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const { webhook, secret } = await endpoints.create(tenant, { url });
    const printed: string[] = [];
    const receiver = spawn(program, [file], {
      env: { ...process.env, PORT: String(port), WEBHOOK_SECRET: secret },
    });
    onTestFinished(() => end(receiver));
    receiver.stdout.on('data', (chunk: Buffer) => printed.push(chunk.toString()));
    await untilListening(port);

    const delivering = endWithTest(await startDelivering({ redisUrl: server.url, prefix }));
    const caption = endedCaption();
    await delivering.addEvent(caption);
    const delivery = async () => (await deliveries.list(webhook.id, { limit: 1 })).deliveries[0];
    await expect.poll(delivery, soon).toMatchObject({ attempts: [{ status: 204 }] });
    await deliveries.replay(webhook.id, (await delivery())?.id ?? '');
    await expect
      .poll(delivery, soon)
      .toMatchObject({ status: 'succeeded', attempts: [{ status: 204 }, { status: 204 }] });
    const forged = await fetch(url, {
      method: 'POST',
      headers: {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
        'webhook-signature': `v1,${'A'.repeat(43)}=`,
      },
      body: '{"type":"caption.failed","data":{"id":"cap_forged"}}',
    });
    expect(forged.status).toBe(401);
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401);
    await expect.poll(() => printed.join(''), soon).toBe(`caption.succeeded ${caption.id}\n`);
  });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function untilListening(port: number): Promise<void> {
  await expect
    .poll(async () => {
      const socket = connect(port, '127.0.0.1');
      try {
        await once(socket, 'connect');
        return true;
      } catch {
        return false;
      } finally {
        socket.destroy();
      }
    }, soon)
    .toBe(true);
}
