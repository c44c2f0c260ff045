// Uploads share a bounded memory: what does not fit is told to come back, and memory is given back in every case.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { handleErrors } from '@caption-queue/api/http/errors';
import { createUploadBudget } from '@caption-queue/api/uploads/budget';
import { type FastifyRequest, fastify } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exchange } from '../../../support/api/raw-http.ts';
import { silentLogger } from '../../../support/pipeline/pipeline.ts';

/** Stands for whatever a request waits for before its upload is counted: Redis, for instance. */
let firstOf: (request: FastifyRequest) => Promise<void>;

const app = () => {
  const server = fastify({ forceCloseConnections: true });
  handleErrors(server, { logger: silentLogger });
  const parse = { parseAs: 'buffer' } as const;
  for (const type of ['image/png', 'application/json', 'multipart/form-data']) {
    server.addContentTypeParser(type, parse, (_request, body, done) => done(null, body));
  }
  server.addHook('onRequest', (request) => firstOf(request));
  const budget = createUploadBudget({
    budgetBytes: 250,
    largestBytes: 100,
    json: { largestBytes: 20 },
  });
  const onRequest = budget.reserve;
  server.post('/', { onRequest }, async () => 'ok');
  server.post('/waits', { onRequest }, async (request) => {
    budget.release(request);
    await firstOf(request);
    return 'ok';
  });
  server.post('/fetches', { onRequest }, (request) =>
    budget.during(80, async () => {
      await firstOf(request);
      return 'ok';
    }),
  );
  return server;
};

let server: ReturnType<typeof app>;
let port: number;
const open: Socket[] = [];

beforeEach(async () => {
  firstOf = async () => undefined;
  server = app();
  await server.listen({ host: '127.0.0.1', port: 0 });
  port = (server.server.address() as { port: number }).port;
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await server.close();
});

interface Kind {
  type?: string;
  path?: string;
}

const head = (header: string, { type = 'image/png', path = '/' }: Kind = {}) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\n${header}\r\n\r\n`;

/** Announces an upload and sends only its first byte. */
async function begin(header: string, kind?: Kind): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  open.push(socket);
  await once(socket, 'connect');
  socket.write(`${head(header, kind)}${header.includes('chunked') ? '50\r\n' : ''}x`);
  return socket;
}

const upload = async (size: number, kind?: Kind) => {
  const answer = await exchange(port, (socket) => {
    socket.write(head(`Content-Length: ${size}`, kind) + 'x'.repeat(size));
  });
  return answer;
};

it('refuses an upload that no longer fits beside those on their way', async () => {
  await begin('Content-Length: 100');
  await begin('Content-Length: 100');
  await expect.poll(async () => (await upload(60)).status).toBe(503);
  const refused = await upload(60);
  expect(JSON.parse(refused.body)).toMatchObject({ code: 'imaging_unavailable' });
  expect(refused.headers['retry-after']).toBe('2');
  expect((await upload(40)).status).toBe(200);
});

it('counts an upload of unknown size as one of the largest', async () => {
  await begin('Transfer-Encoding: chunked');
  await begin('Transfer-Encoding: chunked');
  await expect.poll(async () => (await upload(60)).status).toBe(503);
});

it('gives the memory back when an upload is done, refused or broken off', async () => {
  for (let n = 0; n < 10; n += 1) expect((await upload(90)).status).toBe(200);
  const broken = await Promise.all([begin('Content-Length: 100'), begin('Content-Length: 100')]);
  await expect.poll(async () => (await upload(90)).status).toBe(503);
  for (const socket of broken) socket.destroy();
  await expect.poll(async () => (await upload(90)).status).toBe(200);
});

it('takes no memory for a client that went while its request waited to be counted', async () => {
  let release: () => void = () => undefined;
  const waited = new Promise<void>((resolve) => {
    release = resolve;
  });
  let waiting = 0;
  const gone = new Set<unknown>();
  firstOf = async ({ raw: { socket } }) => {
    waiting += 1;
    socket.once('close', () => gone.add(socket));
    await waited;
  };
  const alone = await begin('Content-Length: 100');
  const shared = await begin('Content-Length: 1');
  // Behind a request that has no answer yet.
  shared.write(`${head('Content-Length: 100')}x`);
  await expect.poll(() => waiting).toBe(3);
  alone.destroy();
  shared.destroy();
  await expect.poll(() => gone.size).toBe(2);
  release();
  await begin('Content-Length: 100');
  for (let n = 0; n < 3; n += 1) expect((await upload(90)).status).toBe(200);
});

it('counts JSON three times: as text, as a value, and as the pictures in it', async () => {
  const json = { type: 'application/json; charset=utf-8' };
  await begin('Content-Length: 19', json);
  await begin('Content-Length: 19', json);
  await begin('Transfer-Encoding: chunked', json); // As the largest JSON: 20.
  await expect.poll(async () => (await upload(77)).status).toBe(503);
  expect((await upload(76)).status).toBe(200);
});

it.each([
  ['counts a picture while it is fetched', '/fetches', 170],
  ['counts nothing any more of a request that gave its memory back', '/waits', 250],
])('%s', async (_name, path, free) => {
  let goOn: () => void = () => undefined;
  const fetched = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let waiting = 0;
  firstOf = async ({ url, raw }) => {
    if (url !== path || !raw.complete) return;
    waiting += 1;
    await fetched;
  };
  const asked = upload(0, { path });
  await expect.poll(() => waiting).toBe(1);
  await begin(`Content-Length: ${free > 200 ? 100 : 20}`);
  await begin('Content-Length: 100');
  await expect.poll(async () => (await upload(51)).status).toBe(503);
  expect((await upload(50)).status).toBe(200);
  goOn();
  expect((await asked).status).toBe(200);
  expect((await upload(50)).status).toBe(200);
});

it('is not misled by a form that names JSON', async () => {
  const form = { type: 'multipart/form-data; boundary=application/json' };
  await begin('Content-Length: 100', form);
  await begin('Content-Length: 100', form);
  await expect.poll(async () => (await upload(60, form)).status).toBe(503);
});
