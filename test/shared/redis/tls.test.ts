// TLS to a real server, with certificates made for the test.
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkServer } from '@caption-queue/redis/check/server';
import { createRedis } from '@caption-queue/redis/connection';
import type { RedisTls } from '@caption-queue/redis/tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';
import { silentLogger } from '../../support/pipeline/pipeline.ts';
import {
  freePort,
  type RedisServer,
  redisIsAvailable,
  startRedis,
} from '../../support/redis/redis.ts';

const run = promisify(execFile);
const hasOpenSsl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenSsl)
  console.warn('SKIPPED: TLS to Redis. Install openssl, which makes its certificates.');

describe.skipIf(!redisIsAvailable || !hasOpenSsl)('Redis with TLS', () => {
  const folder = useFolder();
  const file = (name: string) => join(folder, name);
  let server: RedisServer;
  let url: string;

  /** A certificate for `name`, signed by the test's own authority or by itself. */
  async function certify(name: string, signer?: string): Promise<void> {
    const by =
      signer === undefined ? [] : ['-CA', file(`${signer}.crt`), '-CAkey', file(`${signer}.key`)];
    const made = ['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)];
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
      ...made,
      ...by,
    ]);
  }

  beforeAll(async () => {
    await certify('authority');
    await certify('redis.example', 'authority');
    await certify('client', 'authority');
    const port = await freePort();
    server = await startRedis({
      config: {
        'tls-port': String(port),
        'tls-cert-file': file('redis.example.crt'),
        'tls-key-file': file('redis.example.key'),
        'tls-ca-cert-file': file('authority.crt'),
        'tls-auth-clients': 'yes',
      },
    });
    url = `rediss://127.0.0.1:${port}`;
  });
  afterAll(() => server?.stop());

  const look = (tls: Partial<RedisTls>) =>
    checkServer({
      setting: 'REDIS_URL',
      url,
      role: 'durable',
      prefix: '{cq}',
      tls: { REDIS_TLS_VERIFY: true, ...tls },
    });
  const client = () => ({ REDIS_TLS_CERT: file('client.crt'), REDIS_TLS_KEY: file('client.key') });
  const trust = () => ({
    REDIS_TLS_CA: file('authority.crt'),
    REDIS_TLS_SERVERNAME: 'redis.example',
  });

  it('is used with the files that the settings name', async () => {
    const tls = { REDIS_TLS_VERIFY: true, ...client(), ...trust() };
    expect(await look(tls)).toMatchObject({ kind: 'usable' });
    const redis = createRedis({ url, role: 'worker', logger: silentLogger, tls });
    expect(await redis.ping()).toBe('PONG');
    redis.disconnect();
  });

  it('is used without looking at its certificate where that is asked for', async () => {
    expect(await look({ ...client(), REDIS_TLS_VERIFY: false })).toMatchObject({ kind: 'usable' });
  });

  it('says what is missing', async () => {
    expect(await look(client())).toMatchObject({
      kind: 'mistake',
      problem: expect.stringMatching(/is not trusted .*REDIS_TLS_CA/),
    });
    expect(await look({ ...client(), REDIS_TLS_CA: file('authority.crt') })).toMatchObject({
      kind: 'mistake',
      problem: expect.stringMatching(/is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/),
    });
    expect(await look(trust())).toMatchObject({ kind: expect.stringMatching(/mistake|trouble/) });
  });
});
