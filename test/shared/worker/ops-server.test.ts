// Health and metrics of a worker over HTTP.
import { createLogger } from '@caption-queue/runtime/logger';
import { Counter, createRegistry } from '@caption-queue/runtime/metrics';
import { createOpsServer, type OpsServer } from '@caption-queue/worker/ops-server';
import { afterEach, describe, expect, it } from 'vitest';

const logger = createLogger({ name: 'test', level: 'silent' });

describe('the ops server', () => {
  const servers: OpsServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function start(options: { port?: number; problem?: string | null } = {}) {
    const registry = createRegistry({ service: 'test' });
    new Counter({ name: 'things_total', help: 'Things', registers: [registry] }).inc(3);
    const server = await createOpsServer({
      host: '127.0.0.1',
      port: options.port ?? 0,
      registry,
      readiness: () => ({ redis: options.problem ?? null, model: null }),
      info: () => ({ version: '1.2.3' }),
      logger,
    });
    servers.push(server);
    const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
    return { server, get };
  }

  it('is live, ready and says what it is', async () => {
    const { get } = await start();
    expect((await get('/livez')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/info?x=1')).json()).toEqual({ version: '1.2.3' });
    expect((await get('/other')).status).toBe(404);
  });

  it('is live but not ready while something is missing, and names it', async () => {
    const { get } = await start({ problem: 'Redis cannot be reached.' });
    expect((await get('/livez')).status).toBe(200);
    const ready = await get('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      status: 'unavailable',
      checks: { redis: 'Redis cannot be reached.', model: null },
    });
  });

  it('shows its metrics to Prometheus', async () => {
    const { get } = await start();
    const answer = await get('/metrics');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await answer.text()).toContain('things_total{service="test"} 3');
  });

  it('takes the next free port when its own is taken', async () => {
    const first = await start();
    const second = await start({ port: first.server.port });
    expect(second.server.port).toBeGreaterThan(first.server.port);
    expect((await second.get('/livez')).status).toBe(200);
  });
});
