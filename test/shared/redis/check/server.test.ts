// Whatever kind of Redis there is, looking at it says whether it can be used, and what to do if not.
import { durableCalls } from '@caption-queue/redis/check/commands';
import { type CheckedServer, checkServer } from '@caption-queue/redis/check/server';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentedRights } from '../../../support/redis/documented-rights.ts';
import {
  freePort,
  type RedisServer,
  redisIsAvailable,
  startRedis,
} from '../../../support/redis/redis.ts';

const rights = await documentedRights();

describe.skipIf(!redisIsAvailable)('a Redis', () => {
  const running: { stop(): Promise<void> }[] = [];
  let server: RedisServer;
  let admin: Redis;

  async function start(config: Record<string, string> = {}): Promise<RedisServer> {
    const started = await startRedis({ config });
    running.push(started);
    return started;
  }
  beforeEach(async () => {
    server = await start();
    admin = new Redis(server.url);
  });
  afterEach(async () => {
    admin.disconnect();
    await Promise.all(running.splice(0).map((each) => each.stop()));
  });

  const look = (url: string, more: Partial<CheckedServer> = {}) =>
    checkServer({
      setting: 'REDIS_URL',
      url,
      role: 'durable',
      tls: { REDIS_TLS_VERIFY: true },
      prefix: '{cq}',
      ...more,
    });
  const at = ({ port }: { port: number }, credentials = '', path = '') =>
    `redis://${credentials}127.0.0.1:${port}${path}`;
  const mistake = (problem: RegExp) => ({
    kind: 'mistake',
    problem: expect.stringMatching(problem),
  });
  const trouble = (problem: RegExp) => ({
    kind: 'trouble',
    problem: expect.stringMatching(problem),
  });

  it('that is as it should be can be used, and nothing is left in it', async () => {
    expect(await look(server.url)).toEqual({ kind: 'usable', answersInfo: true, warnings: [] });
    expect(await look(at(server, '', '/3'))).toMatchObject({ kind: 'usable' });
    expect(await look(at(server, 'who:ever@'))).toMatchObject({ kind: 'mistake' });
    expect(await look(at(server, ':ever@'))).toMatchObject({ kind: 'usable' });
    expect(await admin.dbsize()).toBe(0);
  });

  it('that isn’t there may come', async () => {
    expect(await look(`redis://127.0.0.1:${await freePort()}`)).toEqual(
      trouble(/REDIS_URL\) cannot be reached: .*ECONNREFUSED/),
    );
    expect(await look('redis://nowhere.invalid')).toEqual(trouble(/cannot be reached: /));
  });

  it('that is frozen may thaw', async () => {
    await server.pause();
    expect(await look(server.url)).toEqual(trouble(/cannot be reached: /));
    await server.resume();
  });

  it('that asks for a password, or for another one, says so', async () => {
    await admin.config('SET', 'requirepass', 'secret');
    expect(await look(server.url)).toEqual(mistake(/asks for a password, and REDIS_URL has none/));
    expect(await look(at(server, ':wrong@'))).toEqual(mistake(/does not accept user and password/));
    expect(await look(at(server, ':secret@'))).toMatchObject({ kind: 'usable' });
    expect(await look(at(server, 'default:secret@'))).toMatchObject({ kind: 'usable' });
  });

  it('that lacks the database says so', async () => {
    expect(await look(at(server, '', '/99'))).toEqual(mistake(/has no database 99/));
  });

  it('that is a replica takes no writes, until it is a master', async () => {
    const replica = await start();
    const its = new Redis(replica.url);
    await its.replicaof('127.0.0.1', String(server.port));
    await expect
      .poll(() => look(replica.url), { timeout: 10_000 })
      .toEqual(trouble(/is a replica/));
    await its.replicaof('NO', 'ONE');
    expect(await look(replica.url)).toMatchObject({ kind: 'usable' });
    its.disconnect();
  });

  it('that is a node of a cluster is refused', async () => {
    const node = await start({ 'cluster-enabled': 'yes' });
    expect(await look(node.url)).toEqual(mistake(/node of a cluster/));
    expect(await look(at(node, '', '/2'))).toEqual(mistake(/node of a cluster/));
  });

  it('that is full or cannot write to its disk may get room', async () => {
    await admin.config('SET', 'maxmemory', '1');
    expect(await look(server.url)).toEqual(trouble(/is full/));
  });

  it('that would lose captions is warned of', async () => {
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await admin.config('SET', 'appendonly', 'no');
    expect(await look(server.url)).toMatchObject({
      kind: 'usable',
      warnings: [expect.stringMatching(/allkeys-lru/), expect.stringMatching(/appendonly yes/)],
    });
    expect(await look(server.url, { role: 'cache' })).toMatchObject({ warnings: [] });
  });

  it('speaks TLS or not, as the URL says', async () => {
    expect(await look(`rediss://127.0.0.1:${server.port}`)).toMatchObject({
      problem: expect.stringMatching(/TLS|cannot be reached/),
    });
  });

  describe('whose user has no more rights than docs/operating.md gives', () => {
    const url = () => at(server, 'caption-queue:secret@');

    it('can be used, without INFO', async () => {
      await admin.call('ACL', 'SETUSER', ...rights);
      expect(await look(url())).toEqual({ kind: 'usable', answersInfo: false, warnings: [] });
      await admin.call('ACL', 'SETUSER', 'caption-queue', '+info');
      expect(await look(url())).toMatchObject({ kind: 'usable', answersInfo: true });
    });

    it('says of each right that is taken away that it is missing', async () => {
      const tried = durableCalls('x').map(([command]) => command.toLowerCase());
      const named = rights.filter((right) => right.startsWith('+')).map((right) => right.slice(1));
      // What is not tried is no command that could be missing without the connection failing.
      expect(named.filter((name) => !tried.includes(name)).sort()).toEqual([
        'client|setname',
        'ping',
        'select',
        'subscribe',
        'unsubscribe',
      ]);
      expect(tried.filter((name) => !named.includes(name))).toEqual([]);
      for (const name of [...new Set(tried), 'subscribe']) {
        await admin.call('ACL', 'SETUSER', ...rights, `-${name}`);
        expect(await look(url()), name).toEqual(
          mistake(
            new RegExp(
              `may not use ${name.toUpperCase()}\\. .*ACL SETUSER caption-queue .*\\+${name}$`,
            ),
          ),
        );
      }
    });

    it('says it of keys and channels too', async () => {
      await admin.call('ACL', 'SETUSER', ...rights, 'resetkeys', '~other:*');
      expect(await look(url())).toEqual(mistake(/~\{cq\}:\*/));
      await admin.call('ACL', 'SETUSER', ...rights, 'resetchannels');
      expect(await look(url())).toEqual(mistake(/may not use PUBLISH, SUBSCRIBE.*&\{cq\}:\*/));
    });
  });
});
