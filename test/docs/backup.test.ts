// The backup of docs/operating.md, as it stands there: made while captions come in, and put back on another server.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it, type TestContext } from 'vitest';
import { readCaption, startApi } from '../support/api/api.ts';
import { readPhoto } from '../support/pictures/pictures.ts';
import { type RedisServer, redisIsAvailable, startRedis } from '../support/redis/redis.ts';

const guide = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
const commands = /## Backup.*?```sh\n(.*?)```/s.exec(guide)?.[1] as string;

async function dataFolderOf({ url }: RedisServer): Promise<string> {
  const redis = new Redis(url);
  const [, folder] = (await redis.config('GET', 'dir')) as [string, string];
  redis.disconnect();
  return folder;
}

describe.skipIf(!redisIsAvailable)('a backup', () => {
  it('holds what was accepted before it', async ({ skip, onTestFinished }: TestContext) => {
    const source = await startRedis();
    onTestFinished(() => source.stop());
    const cwd = await dataFolderOf(source);
    // In a container the folder is not this machine's.
    if (!existsSync(cwd)) skip('The data folder of this Redis is out of reach.');
    const env = { REDIS_PREFIX: '{backup}' };
    const api = await startApi({ redisUrl: source.url, env });
    onTestFinished(() => api.close());
    const { id } = await readCaption(await api.upload(readPhoto('cat.jpg')));

    const script = commands.replaceAll('redis-cli', `redis-cli -p ${source.port}`);
    const printed = execFileSync('sh', ['-ec', script], { cwd, encoding: 'utf8' });
    expect(printed).toMatch(/^OK\naof_rewrite_in_progress:0\r?\nOK\n/);

    const target = await startRedis();
    onTestFinished(() => target.stop());
    const folder = await dataFolderOf(target);
    await target.crash();
    rmSync(path.join(folder, 'appendonlydir'), { recursive: true });
    execFileSync('tar', ['xzf', path.join(cwd, 'captions.tgz')], { cwd: folder });
    await target.revive();
    const restored = await startApi({ redisUrl: target.url, env });
    onTestFinished(() => restored.close());
    const answer = await fetch(`${restored.address}/v1/captions/${id}`);
    expect(await readCaption(answer)).toMatchObject({ id, status: 'queued' });
  });
});
