// The programs in docs/clients.md do what is said of them, as they stand there.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useApi } from '../support/api/use-api.ts';
import { useFolder } from '../support/folder.ts';
import { createWorkerSide, type WorkerSide } from '../support/pipeline/pipeline.ts';
import { pythonWith } from '../support/python/virtual-environment.ts';
import { freePort, redisIsAvailable } from '../support/redis/redis.ts';
import { useRedis } from '../support/redis/use-redis.ts';

/** Makes an environment and fetches packages. */
const PYTHON_TIMEOUT_MS = 180_000;

const root = fileURLToPath(new URL('../../', import.meta.url));
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const body = JSON.stringify({
  type: 'caption.succeeded',
  timestamp: '2026-01-02T03:04:05Z',
  data: { output: { caption: 'a cat “on” a mat' } },
});

describe.skipIf(!redisIsAvailable)('docs/clients.md', () => {
  const redis = useRedis();
  const api = useApi(redis, { env: { AUTH: 'required' } });
  let workers: WorkerSide;
  const folder = useFolder();
  let apiKey: string;
  const programs: Record<string, string[]> = { ts: [], python: [], sh: [] };
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    workers = createWorkerSide({ url: redis.url, prefix: api.queueSide.prefix });
    const scopes = ['captions:read', 'captions:write'] as const;
    const { key } = await api.apiKeys.create({ tenant: 'shop', scopes: [...scopes], name: '' });
    apiKey = key;
    await cp(path.join(root, 'test/fixtures/photos/cat.jpg'), path.join(folder, 'photo.jpg'));
    const guide = await readFile(path.join(root, 'docs/clients.md'), 'utf8');
    for (const [, language = '', code = ''] of guide.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
      programs[language]?.push(code.replaceAll('http://127.0.0.1:5000', api.address));
    }
  });
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    await workers?.stop();
  });

  function start(command: string, args: string[], env: Record<string, string> = {}): ChildProcess {
    const child = spawn(command, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, CAPTION_QUEUE_KEY: apiKey, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    running.push(child);
    return child;
  }

  async function outputOf(child: ChildProcess): Promise<string> {
    const [stdout, stderr] = await Promise.all([
      text(child.stdout as NodeJS.ReadableStream),
      text(child.stderr as NodeJS.ReadableStream),
    ]);
    expect(stderr).toBe('');
    return stdout;
  }

  async function compile(code: string, name: string): Promise<string> {
    const outfile = path.join(folder, name);
    await build({
      stdin: { contents: code, resolveDir: root, loader: 'ts' },
      absWorkingDir: root,
      tsconfig: path.join(root, 'tsconfig.json'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
    });
    return outfile;
  }

  function signed(tampered = false) {
    const at = new Date();
    return {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('msg_1', at, tampered ? `${body} ` : body),
    };
  }

  it('captions a picture and follows its words from TypeScript', async () => {
    const program = await compile(programs.ts?.[0] ?? '', 'caption.mjs');
    const lines = (await outputOf(start('node', [program]))).trim().split('\n');
    expect(lines[0]).toMatch(/^picture number \d+$/);
    expect(lines.at(-1)).toBe(lines[0]);
    expect(lines.slice(1, -1).join(' ')).toBe(lines[0]);
  });

  it('checks webhooks from TypeScript', async () => {
    const port = await freePort();
    const code = (programs.ts?.[1] ?? '').replace('8080', String(port));
    const child = start('node', [await compile(code, 'receiver.mjs')], { WEBHOOK_SECRET: secret });
    const post = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body });
    const status = async () => (await post(signed(true)).catch(() => undefined))?.status;
    await expect.poll(status, { timeout: 10_000 }).toBe(400);
    const printed = once(child.stdout as NodeJS.ReadableStream, 'data');
    expect((await post(signed())).status).toBe(204);
    expect(String(await printed)).toBe('caption.succeeded a cat “on” a mat\n');
  });

  it(
    'captions a picture and follows its words from Python',
    async ({ skip }) => {
      const code = programs.python?.[0] ?? '';
      // Exactly what the guide says to install.
      const guide = await readFile(path.join(root, 'docs/clients.md'), 'utf8');
      const [, names = ''] = /`pip install ([\w ]+)`/.exec(guide) ?? [];
      expect(names).toBe('requests');
      const python = await pythonWith(names.split(' '), 'the Python of docs/clients.md');
      if (python === undefined) return skip();
      await writeFile(path.join(folder, 'caption.py'), code);
      const lines = (await outputOf(start(python, ['caption.py']))).trim().split('\n');
      expect(lines[0]).toMatch(/^picture number \d+$/);
      expect(lines.slice(1).join(' ')).toBe(lines[0]);
    },
    PYTHON_TIMEOUT_MS,
  );
});
