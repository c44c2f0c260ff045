// Uploads share a bounded memory: what does not fit is told to come back, and memory is given back in every case.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { handleErrors } from '@caption-queue/api/http/errors';
import { createUploadBudget } from '@caption-queue/api/uploads/budget';
import { fastify } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../../support/pipeline.ts';
import { exchange } from '../../../support/raw-http.ts';

const app = () => {
  const server = fastify({ forceCloseConnections: true });
  handleErrors(server, { logger: silentLogger });
  const parse = { parseAs: 'buffer' } as const;
  server.addContentTypeParser('image/png', parse, (_request, body, done) => done(null, body));
  const onRequest = createUploadBudget({ budgetBytes: 250, largestBytes: 100 });
  server.post('/', { onRequest }, async () => 'ok');
  return server;
};

let server: ReturnType<typeof app>;
let port: number;
const open: Socket[] = [];

beforeEach(async () => {
  server = app();
  await server.listen({ host: '127.0.0.1', port: 0 });
  port = (server.server.address() as { port: number }).port;
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await server.close();
});

const head = (header: string) =>
  `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n${header}\r\n\r\n`;

/** Announces an upload and sends only its first byte. */
async function begin(header: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  open.push(socket);
  await once(socket, 'connect');
  socket.write(`${head(header)}${header.includes('chunked') ? '50\r\n' : ''}x`);
  return socket;
}

const upload = async (size: number) => {
  const answer = await exchange(port, (socket) => {
    socket.write(head(`Content-Length: ${size}`) + 'x'.repeat(size));
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
