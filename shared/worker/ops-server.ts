// What a worker tells whoever operates it, over HTTP: /livez, /readyz, /metrics, /info.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@caption-queue/runtime/logger';
import type { Registry } from '@caption-queue/runtime/metrics';
import Type from 'typebox';

/** `HOST` and `METRICS_PORT`, for a worker's settings. */
export const opsSettings = {
  HOST: Type.String({
    default: '127.0.0.1',
    description: 'Address to listen on; 0.0.0.0 inside a container',
  }),
  METRICS_PORT: Type.Integer({
    minimum: 0,
    maximum: 65535,
    default: 9464,
    description:
      'Port of a worker’s /livez, /readyz, /metrics and /info; when taken, the next free one; 0 means any',
  }),
};

/** So many workers of one host find a port each. */
const PORTS_TO_TRY = 100;
/** A request that isn't complete after this long is cut off. */
const REQUEST_TIMEOUT_MS = 5_000;

export interface OpsServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface OpsServerOptions {
  host: string;
  /** First port to try; the next free one is taken. */
  port: number;
  registry: Registry;
  /** Name of each thing the worker depends on → what is wrong with it, or null when it is well. */
  readiness: () => Record<string, string | null>;
  info: () => Record<string, unknown>;
  logger: Logger;
}

/**
 * Starts the server on the first free port from `port` on.
 *
 * @throws Error when none of the next hundred ports is free
 */
export async function createOpsServer(options: OpsServerOptions): Promise<OpsServer> {
  const { host, registry, readiness, info, logger } = options;

  async function answer(path: string, response: ServerResponse): Promise<void> {
    if (path === '/livez') return send(response, 200, { status: 'ok' });
    if (path === '/readyz') {
      const checks = readiness();
      const ready = Object.values(checks).every((problem) => problem === null);
      return send(response, ready ? 200 : 503, { status: ready ? 'ok' : 'unavailable', checks });
    }
    if (path === '/info') return send(response, 200, info());
    if (path === '/metrics') {
      const text = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
      return;
    }
    send(response, 404, { status: 'not found' });
  }

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    answer(path, response).catch((err: unknown) => {
      logger.warn({ err, path }, 'could not answer');
      if (!response.headersSent) send(response, 500, { status: 'error' });
      else response.destroy();
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });

  await listenOnFreePort(listen, options.port);
  const { port } = server.address() as AddressInfo;
  logger.info({ host, port }, 'health and metrics are served');
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listenOnFreePort(
  listen: (port: number) => Promise<void>,
  first: number,
): Promise<void> {
  const last = first === 0 ? 0 : Math.min(first + PORTS_TO_TRY - 1, 65535);
  for (let port = first; port <= last; port += 1) {
    try {
      return await listen(port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  throw new Error(`No free port from ${first} to ${last} (METRICS_PORT).`);
}

function send(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(`${JSON.stringify(body)}\n`);
}
