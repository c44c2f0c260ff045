// A Redis server that several tests share.
import { afterAll, beforeAll } from 'vitest';
import { type RedisServer, type RedisServerOptions, startRedis } from './redis.ts';

/** A Redis server of their own while the tests of a file or `describe` run. */
export function useRedis(options: RedisServerOptions = {}): RedisServer {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis(options);
  });
  afterAll(() => server?.stop());
  return {
    get url() {
      return server.url;
    },
    get port() {
      return server.port;
    },
    crash: () => server.crash(),
    revive: (url) => server.revive(url),
    pause: () => server.pause(),
    resume: () => server.resume(),
    stop: () => server.stop(),
  };
}
