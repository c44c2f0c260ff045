// `npm run schemathesis`: lets schemathesis ask the real API everything its own description allows, and more.
//
// It is a program in Python: SCHEMATHESIS names an installed one, else it goes into a temporary folder. What a schema
// can't say, such as what a valid picture is, stands in test/schemathesis/.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { scopes } from '@caption-queue/api/access/api-keys';
import { startApi } from './support/api/api.ts';
import { readPhoto } from './support/pictures/pictures.ts';
import { createWorkerSide } from './support/pipeline/pipeline.ts';
import { startRedis } from './support/redis/redis.ts';

const SCHEMATHESIS_VERSION = '4.32.5';
const here = fileURLToPath(new URL('../schemathesis/', import.meta.url));

const folder = await mkdtemp(path.join(tmpdir(), 'caption-queue-schemathesis-'));
const program = process.env.SCHEMATHESIS || (await install(folder));
const redis = await startRedis();
const others = await startOtherSite();
const api = await startApi({
  redisUrl: redis.url,
  env: { AUTH: 'required', RATE_LIMIT: '0', OUTBOUND_ALLOW: 'loopback' },
});
const workers = createWorkerSide({ url: redis.url, prefix: api.queueSide.prefix });
try {
  const { key } = await api.apiKeys.create({ tenant: 'test', scopes: [...scopes], name: '' });
  process.exitCode = await run(
    program,
    [
      ['--config-file', path.join(here, 'schemathesis.toml')],
      ['run', `${api.address}/openapi.json`],
      process.argv.slice(2),
    ].flat(),
    {
      SCHEMATHESIS_HOOKS: path.join(here, 'hooks.py'),
      CAPTION_QUEUE_KEY: key,
      OTHER_SITE: others.url,
    },
  );
} finally {
  await workers.stop();
  others.close();
  await api.close();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Holds a picture under every address, and takes every webhook. */
async function startOtherSite(): Promise<{ url: string; close(): void }> {
  const picture = readPhoto('cat.jpg');
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(picture);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => void server.close() };
}

/** @returns the program. @throws Error when Python or the package index is missing */
async function install(into: string): Promise<string> {
  const bin = path.join(into, 'venv', 'bin');
  const steps: [string, string[]][] = [
    ['python3', ['-m', 'venv', path.join(into, 'venv')]],
    [path.join(bin, 'pip'), ['install', '--quiet', `schemathesis==${SCHEMATHESIS_VERSION}`]],
  ];
  for (const [command, args] of steps) {
    const code = await run(command, args, {});
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}.`);
  }
  return path.join(bin, 'schemathesis');
}

async function run(command: string, args: string[], env: Record<string, string>): Promise<number> {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}
