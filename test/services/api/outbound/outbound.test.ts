// Outgoing requests to real servers of this machine: names that lead inside, redirects, and servers that misbehave.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOutboundClient } from '@caption-queue/api/outbound/client';
import type { Resolve } from '@caption-queue/api/outbound/lookup';
import { afterEach, describe, expect, it } from 'vitest';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** @returns its port */
async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function client(options: { allow?: 'public' | 'loopback'; resolve?: Resolve } = {}) {
  const { allow = 'loopback', resolve } = options;
  const rules = { allow, ports: new Set([443]) };
  return createOutboundClient({
    rules,
    maxImageBytes: 10_000,
    version: '1.2.3',
    ...(resolve && { resolve }),
  });
}

const at = (...addresses: string[]): Resolve => {
  return async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
};

const hook = { headers: {}, body: '{}', timeoutMs: 2_000 };

describe('a name', () => {
  it.each([
    ['127.0.0.1'],
    ['10.0.0.1'],
    ['169.254.169.254'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['fd00::1'],
    ['93.184.215.14', '127.0.0.1'],
    [],
  ])('that resolves to %s %s gets no connection', async (...addresses) => {
    const { post, fetchImage } = client({ allow: 'public', resolve: at(...addresses) });
    const refused = { name: 'DomainError', code: 'url_refused' };
    await expect(post('https://rebound.example/', hook)).rejects.toMatchObject(refused);
    await expect(fetchImage('https://rebound.example/')).rejects.toMatchObject(refused);
  });

  it('is looked up anew for each connection, so that a change of its meaning gains nothing', async () => {
    const answers = ['127.0.0.1', '10.0.0.1'];
    const resolve: Resolve = (name) => at(answers.shift() ?? '')(name);
    const port = await serve((_request, response) => response.end('ok'));
    const { post } = client({ resolve });
    const url = `http://rebound.example:${port}/`;
    expect(await post(url, hook)).toMatchObject({ status: 200, excerpt: 'ok' });
    await expect(post(url, hook)).rejects.toMatchObject({ code: 'url_refused' });
  });

  it('that nobody knows is said to be unknown', async () => {
    const resolve: Resolve = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    };
    const { post, fetchImage } = client({ resolve });
    const message = 'The host name is not known.';
    await expect(post('https://nowhere.example/', hook)).rejects.toThrow(message);
    await expect(fetchImage('https://nowhere.example/')).rejects.toThrow(message);
  });
});

describe('a picture', () => {
  it('arrives byte by byte as it is, also over three redirects', async () => {
    const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, n) => n % 256));
    const port = await serve((request, response) => {
      const hop = Number(request.url?.slice(1));
      if (hop < 3) response.writeHead(302, { location: `/${hop + 1}` }).end();
      else response.end(bytes);
    });
    expect(await client().fetchImage(`http://127.0.0.1:${port}/0`)).toEqual(bytes);
  });

  it.each<[string, RequestListener, object]>([
    ['is not found', (_q, r) => r.writeHead(404).end(), { code: 'image_fetch_failed' }],
    [
      'is behind four redirects',
      (_q, r) => r.writeHead(301, { location: '/again' }).end(),
      { code: 'image_fetch_failed', message: 'The server redirects more than 3 times.' },
    ],
    [
      'is behind a redirect inside',
      (_q, r) => r.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      { code: 'url_refused' },
    ],
    [
      'is behind a redirect to a closed port',
      (_q, r) => r.writeHead(307, { location: 'http://127.0.0.1:22/' }).end(),
      { code: 'url_refused' },
    ],
    [
      'is behind a redirect to another protocol',
      (_q, r) => r.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      { code: 'url_refused' },
    ],
    [
      'is behind a redirect to nowhere',
      (_q, r) => r.writeHead(302, { location: 'http://[' }).end(),
      { code: 'image_fetch_failed' },
    ],
    [
      'says it is too large',
      (_q, r) => r.writeHead(200, { 'content-length': '10001' }).write('x'),
      { code: 'payload_too_large' },
    ],
    [
      'is too large without saying so',
      (_q, r) => void setInterval(() => r.write('x'.repeat(1_000)), 1).unref(),
      { code: 'payload_too_large' },
    ],
    [
      'is cut off',
      (_q, r) => {
        r.writeHead(200, { 'content-length': '5000' });
        r.write('x'.repeat(1_000), () => r.destroy());
      },
      { code: 'image_fetch_failed', message: /broke/ },
    ],
    ['never comes', (q) => q.socket.destroy(), { code: 'image_fetch_failed' }],
  ])('that %s is refused with a reason', async (_what, listener, problem) => {
    const port = await serve(listener);
    const fetched = client().fetchImage(`http://127.0.0.1:${port}/`);
    await expect(fetched).rejects.toMatchObject(
      'message' in problem && problem.message instanceof RegExp
        ? { ...problem, message: expect.stringMatching(problem.message) }
        : problem,
    );
  });

  it('is no longer fetched when nobody waits for it', async () => {
    const abort = new AbortController();
    let closed: Promise<unknown> | undefined;
    const port = await serve((request) => {
      closed = once(request.socket, 'close');
      abort.abort(new Error('gone'));
    });
    const fetched = client().fetchImage(`http://127.0.0.1:${port}/`, { signal: abort.signal });
    await expect(fetched).rejects.toThrow('gone');
    await closed;
  });
});

describe('a receiver', () => {
  it('gets body and headers on a connection of its own, and its answer is read', async () => {
    const got: unknown[] = [];
    const port = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { host: _, ...headers } = request.headers;
      got.push(request.method, headers, Buffer.concat(chunks).toString());
      response.writeHead(503, { 'retry-after': '7' }).end('busy'.repeat(1_000));
    });
    const answer = await client().post(`http://127.0.0.1:${port}/`, {
      headers: { 'webhook-id': 'msg_1' },
      body: '{"a":"é"}',
      timeoutMs: 2_000,
    });
    expect(answer).toEqual({ status: 503, retryAfter: '7', excerpt: 'busy'.repeat(256) });
    expect(got).toEqual([
      'POST',
      {
        'webhook-id': 'msg_1',
        'content-type': 'application/json',
        'content-length': '10',
        'user-agent': 'caption-queue/1.2.3',
        connection: 'close',
      },
      '{"a":"é"}',
    ]);
  });

  it.each<[string, RequestListener, object]>([
    [
      'redirects',
      (_q, r) => r.writeHead(302, { location: '/b' }).end(),
      { status: 302, excerpt: '' },
    ],
    [
      'never ends its body',
      (_q, r) => r.writeHead(200).write('begun'),
      { status: 200, excerpt: 'begun' },
    ],
    [
      'breaks off its body',
      (_q, r) => {
        r.writeHead(200, { 'content-length': '100' });
        r.write('begun', () => r.destroy());
      },
      { status: 200, excerpt: 'begun' },
    ],
  ])('that %s has answered with its status', async (_what, listener, answer) => {
    const port = await serve(listener);
    expect(await client().post(`http://127.0.0.1:${port}/`, hook)).toMatchObject(answer);
  });

  it.each<[string, RequestListener, RegExp]>([
    ['hangs', () => undefined, /No answer within 0.2 s/],
    ['resets', (q) => q.socket.resetAndDestroy(), /closed the connection/],
    ['closes', (q) => q.socket.end(), /closed the connection/],
    [
      'speaks another protocol',
      (q) => q.socket.write('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      /without an answer/,
    ],
    ['talks nonsense', (q) => q.socket.end('hello\r\n\r\n'), /The request failed/],
    [
      'sends endless headers',
      (_q, r) => r.writeHead(200, { a: 'x'.repeat(20_000) }).end(),
      /too large headers/,
    ],
  ])('that %s has not answered', async (_what, listener, message) => {
    const port = await serve(listener);
    const posted = client().post(`http://127.0.0.1:${port}/`, { ...hook, timeoutMs: 200 });
    await expect(posted).rejects.toMatchObject({
      name: 'ExchangeError',
      message: expect.stringMatching(message),
    });
  });

  it('that is not there, or has no certificate to trust, is said so', async () => {
    const port = await serve(() => undefined);
    const [plain] = servers;
    await expect(client().post(`https://127.0.0.1:${port}/`, hook)).rejects.toThrow(
      /failed|certificate/,
    );
    plain?.close();
    plain?.closeAllConnections();
    await expect(client().post(`http://127.0.0.1:${port}/`, hook)).rejects.toThrow(
      'The server refused the connection.',
    );
  });
});
