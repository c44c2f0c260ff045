// Redis in a container, with the same handles as a local process (redis.ts).
import { get } from 'node:http';
import type { RedisServer } from './redis.ts';
import { untilItAnswers } from './redis.ts';

const IMAGE = 'redis:7.4-bookworm';
const PING_TIMEOUT_MS = 1_000;

/** Does a Docker engine answer, at `DOCKER_HOST` or at the usual socket? */
export function dockerAnswers(): Promise<boolean> {
  const host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  const { hostname, port } = new URL(host);
  const target = host.startsWith('unix://')
    ? { socketPath: host.slice('unix://'.length) }
    : { hostname, port };
  return new Promise((resolve) => {
    const request = get({ ...target, path: '/_ping', timeout: PING_TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

/** Creates the server, stopped, bound to a fixed port so that it keeps it over a crash. */
export async function startRedisContainer(options: {
  port: number;
  config: Record<string, string>;
}): Promise<RedisServer> {
  const { port, config } = options;
  const { GenericContainer, getContainerRuntimeClient } = await import('testcontainers');
  const args = Object.entries(config).flatMap(([name, value]) => [`--${name}`, value]);
  const started = await new GenericContainer(IMAGE)
    .withCommand(['redis-server', ...args])
    .withExposedPorts({ container: 6379, host: port })
    .start();
  const client = await getContainerRuntimeClient();
  const container = client.container.getById(started.getId());
  const url = `redis://${started.getHost()}:${port}`;
  let running = true;

  const crash = async () => {
    if (running) await container.kill({ signal: 'SIGKILL' });
    running = false;
  };
  await crash();

  return {
    url,
    port,
    crash,
    async revive(reachableAt = url) {
      await container.start();
      running = true;
      await untilItAnswers(reachableAt);
    },
    async pause() {
      await container.pause();
    },
    async resume() {
      await container.unpause();
    },
    async stop() {
      await started.stop();
    },
  };
}
