// The processes in front of every kind of Redis: a clear line, no flood, no spinning, and an end when told.
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { useFolder } from '../support/folder.ts';
import { writeTinyBundle } from '../support/model/tiny-bundle.ts';
import { readPhoto } from '../support/pictures/pictures.ts';
import { type LaunchedService, launchService } from '../support/processes/launched-service.ts';
import { canSeeProcesses, cpuMs } from '../support/processes/process-tree.ts';
import type { ServiceName } from '../support/processes/service-process.ts';
import { documentedRights } from '../support/redis/documented-rights.ts';
import { freePort, redisIsAvailable, startRedis } from '../support/redis/redis.ts';

/** Processes are started, and see what Redis they have, within this. */
const SOON_MS = 30_000;
/** So long each is watched then, and so much of that may be work. */
const WATCH_MS = 6_000;
const MOST_CPU_MS = WATCH_MS / 3;
/** The processes have this long to end once they are told to. */
const END_MS = 5_000;

describe.skipIf(!redisIsAvailable || !canSeeProcesses)(
  'before a Redis',
  { timeout: 120_000 },
  () => {
    const folder = useFolder();
    const started: { stop(): Promise<void> }[] = [];
    afterEach(async () => {
      await Promise.all(started.splice(0).map((each) => each.stop()));
    });

    async function redis(config: Record<string, string> = {}) {
      const server = await startRedis({ config });
      started.push(server);
      return server;
    }

    /** Both kinds of process, as they are started. */
    async function launch(
      url: string,
      names: ServiceName[] = ['api', 'decoder-worker'],
    ): Promise<LaunchedService[]> {
      const bundle = await writeTinyBundle({ directory: `${folder}/${await freePort()}` });
      const env = { REDIS_URL: url, MODEL: bundle.directory, INFERENCE_THREADS: '1' };
      const services = await Promise.all(names.map((name) => launchService(name, env)));
      started.push(...services);
      return services;
    }

    it.each<[string, () => Promise<string> | string, RegExp]>([
      [
        'of a port that cannot be',
        () => 'redis://127.0.0.1:99999',
        /^REDIS_URL cannot be read: ports/,
      ],
      ['without a host', () => 'redis://', /^REDIS_URL names no host/],
      ['whose database is a word', () => 'redis://127.0.0.1/abc', /^REDIS_URL has something after/],
      [
        'whose password is unescaped',
        () => 'redis://:hu/sh@127.0.0.1:6379',
        /^REDIS_URL .*redis:\/\/user:password@/,
      ],
      ['that lacks the database', async () => `${(await redis()).url}/99`, /has no database 99/],
      [
        'that wants a password',
        async () => {
          const server = await redis();
          const admin = new Redis(server.url);
          await admin.config('SET', 'requirepass', 'secret');
          admin.disconnect();
          return server.url;
        },
        /asks for a password, and REDIS_URL has none/,
      ],
      [
        'whose user lacks rights',
        async () => {
          const server = await redis();
          const admin = new Redis(server.url);
          await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-xadd');
          admin.disconnect();
          return server.url.replace('//', '//app:secret@');
        },
        /“app” of REDIS_URL may not use XADD/,
      ],
      [
        'that is a node of a cluster',
        async () => (await redis({ 'cluster-enabled': 'yes' })).url,
        /node of a cluster/,
      ],
    ])('%s they end with 78 and one line', async (_what, makeUrl, line) => {
      for (const service of await launch(await makeUrl())) {
        expect(await service.exitCode(SOON_MS), service.output()).toBe(78);
        const problems = service.lines().filter((text) => line.test(text));
        expect(problems, service.output()).toHaveLength(1);
        expect(service.lines().length).toBeLessThanOrEqual(5);
        expect(service.output()).not.toMatch(/hu\/sh|secret|\s+at /);
      }
    });

    it.each<[string, () => Promise<string>, RegExp]>([
      [
        'that isn’t there',
        async () => `redis://127.0.0.1:${await freePort()}`,
        /cannot be reached: .*ECONNREFUSED/,
      ],
      ['whose host is unknown', async () => 'redis://nowhere.invalid', /cannot be reached/],
      [
        'that is a replica',
        async () => {
          const [master, replica] = await Promise.all([redis(), redis()]);
          const its = new Redis(replica.url);
          await its.replicaof('127.0.0.1', String(master.port));
          its.disconnect();
          return replica.url;
        },
        /is a replica, which takes no writes/,
      ],
      [
        'that is full',
        async () => (await redis({ maxmemory: '1' })).url,
        /is full: it needs more maxmemory/,
      ],
    ])('%s they wait, say why, and end when told to', async (_what, makeUrl, problem) => {
      for (const service of await launch(await makeUrl())) {
        const readiness = async () => {
          const answer = await fetch(`${service.url}/readyz`).catch(() => undefined);
          return answer && { status: answer.status, said: await answer.text() };
        };
        await expect
          .poll(readiness, { timeout: SOON_MS })
          .toEqual({ status: 503, said: expect.stringMatching(problem) });
        expect(service.output()).toMatch(problem);
        const before = cpuMs(service.pid);
        await service.watch(WATCH_MS);
        expect(cpuMs(service.pid) - before).toBeLessThan(MOST_CPU_MS);
        expect(service.lines().length, service.output()).toBeLessThanOrEqual(10);
        const toldAt = performance.now();
        service.tell('SIGTERM');
        expect(await service.exitCode(END_MS)).toBe(0);
        expect(performance.now() - toldAt).toBeLessThan(END_MS);
      }
    });

    it('that becomes a replica while they work they do not spin, and go on when it is a master again', async () => {
      const [master, server] = await Promise.all([redis(), redis()]);
      const services = await launch(server.url);
      for (const service of services) await service.ready();
      const its = new Redis(server.url);
      await its.replicaof('127.0.0.1', String(master.port));
      const before = services.map(({ pid }) => cpuMs(pid));
      const linesBefore = services.map((service) => service.lines().length);
      await Promise.all(services.map((service) => service.watch(WATCH_MS)));
      for (const [index, service] of services.entries()) {
        expect(cpuMs(service.pid) - (before[index] as number)).toBeLessThan(MOST_CPU_MS);
        expect(service.lines().length - (linesBefore[index] as number)).toBeLessThanOrEqual(10);
      }
      await its.replicaof('NO', 'ONE');
      its.disconnect();
      for (const service of services) await service.ready();
    });

    it('whose user has only the rights of docs/operating.md they caption, and print nothing but their own lines', async () => {
      const server = await redis();
      const admin = new Redis(server.url);
      await admin.call('ACL', 'SETUSER', ...(await documentedRights()));
      admin.disconnect();
      const url = server.url.replace('//', '//caption-queue:secret@');
      const services = await launch(url, ['api', 'encoder-worker', 'decoder-worker']);
      for (const service of services) await service.ready();
      const [api] = services as [LaunchedService, ...LaunchedService[]];
      const posted = await fetch(`${api.url}/v1/captions`, {
        method: 'POST',
        headers: { 'content-type': 'image/jpeg', prefer: 'wait=30' },
        body: new Uint8Array(readPhoto('cat.jpg')),
      });
      expect(await posted.json()).toMatchObject({ status: 'succeeded' });
      for (const service of services) {
        for (const line of service.lines()) expect(() => JSON.parse(line), line).not.toThrow();
      }
    });
  },
);
