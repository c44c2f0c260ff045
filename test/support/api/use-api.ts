// An API that several tests share, or one for each test.
import { afterAll, beforeAll } from 'vitest';
import { endWithTest } from '../end-with-test.ts';
import { createWorkerSide, type WorkerSide, type WorkerSideOptions } from '../pipeline/pipeline.ts';
import type { RedisServer } from '../redis/redis.ts';
import { startApi, type TestApi, type TestApiOptions } from './api.ts';

/** An API while the tests of a file or `describe` run. */
export function useApi(redis: RedisServer, options: Partial<TestApiOptions> = {}): TestApi {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({ redisUrl: redis.url, ...options });
  });
  afterAll(() => api?.close());
  return {
    get address() {
      return api.address;
    },
    get port() {
      return api.port;
    },
    get queueSide() {
      return api.queueSide;
    },
    get apiKeys() {
      return api.apiKeys;
    },
    get imaging() {
      return api.imaging;
    },
    get outbound() {
      return api.outbound;
    },
    upload: (bytes, fields) => api.upload(bytes, fields),
    close: () => api.close(),
  };
}

export interface ApiForTests {
  /** Starts an API. */
  start(options?: Partial<TestApiOptions>): Promise<TestApi>;
  /** Starts workers with a made-up model for it. */
  work(api: TestApi, options?: Partial<WorkerSideOptions>): WorkerSide;
}

/** For tests that each start an API, with workers or without; all of it ends with the test. */
export function apiForTests(
  redis: RedisServer,
  defaults: Partial<TestApiOptions> = {},
): ApiForTests {
  return {
    async start({ env, ...options } = {}) {
      const settings = { ...defaults.env, ...env };
      const all = { redisUrl: redis.url, ...defaults, ...options, env: settings };
      return endWithTest(await startApi(all));
    },
    work(api, options = {}) {
      const { prefix } = api.queueSide;
      return endWithTest(createWorkerSide({ url: redis.url, prefix, ...options }));
    },
  };
}
