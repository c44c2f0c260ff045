// `npm run keys`, as the program that it runs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { useApi } from '../../../support/api/use-api.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const program = fileURLToPath(new URL('../../../../services/api/dist/keys.js', import.meta.url));

describe.skipIf(!redisIsAvailable)('the keys command', () => {
  const redis = useRedis();
  const api = useApi(redis, { env: { AUTH: 'required' } });

  async function keys(...args: string[]) {
    const child = spawn(process.execPath, [program, ...args], {
      env: { REDIS_URL: redis.url, REDIS_PREFIX: api.queueSide.prefix },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { code, stdout: stdout.trim(), stderr };
  }

  const status = async (key: string) => {
    const headers = { authorization: `Bearer ${key}` };
    return (await fetch(`${api.address}/info`, { headers })).status;
  };

  it('makes a key that works, lists it without its secret, and takes it back', async () => {
    const created = await keys('create', '--tenant', 'shop', '--scopes', 'captions:read');
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cq_[0-9a-f]+_/) });
    const key = created.stdout;
    expect(await status(key)).toBe(200);

    const [, id = '', secret = ''] = key.split('_');
    const listed = await keys('list');
    expect(listed.stdout).toContain(id);
    expect(listed.stdout).toContain('shop  captions:read');
    expect(listed.stdout).not.toContain(secret);
    const { stdout } = await keys('list', '--json');
    expect(stdout.split('\n').map((line) => JSON.parse(line).id)).toContain(id);

    expect(await keys('revoke', key)).toMatchObject({ code: 0 });
    expect(await status(key)).toBe(401);
    const again = await keys('revoke', id);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('no key') });
  });

  it.each([
    [['create', '--scopes', 'captions:eat'], '"captions:eat" is no scope'],
    [['create', '--tenant', 'A B'], '"A B" is no tenant'],
    [['destroy'], 'Say create, list or revoke'],
    [['list', '--verbose'], '--verbose'],
    [['revoke'], 'Say create, list or revoke'],
  ])('says how it is used when asked to %j', async (args, complaint) => {
    const { code, stdout, stderr } = await keys(...args);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain(complaint);
    expect(stderr).toContain('Usage: npm run keys');
  });
});
