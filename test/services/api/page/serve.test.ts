// Which files of a folder are served, and where: those in it and its folders, and nothing else.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { servePage } from '@caption-queue/api/page/serve';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const files = {
  'public/index.html': '<p>The page</p>',
  'public/docs/docs.html': '<p>The calls</p>',
  'public/card/card.js': 'export {};',
  'public/fonts/LICENCE.txt': 'Of the fonts',
  'secret.js': 'export const secret = 1;',
  'folder/secret.js': 'export const secret = 2;',
};

describe('the page’s files', () => {
  let folder: string;
  let app: FastifyInstance;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'caption-queue-serve-'));
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    await symlink(path.join(folder, 'secret.js'), path.join(folder, 'public/link.js'));
    await symlink(path.join(folder, 'folder'), path.join(folder, 'public/linked'));
    app = Fastify();
    servePage(app, { folder: path.join(folder, 'public') });
    await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await app?.close();
    await rm(folder, { recursive: true });
  });

  /** Asks as written: `fetch` would resolve the dots itself. */
  const statusOf = (address: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { port } = app.server.address() as AddressInfo;
      request({ host: '127.0.0.1', port, path: address }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });

  it.each(['/', '/docs', '/card/card.js'])('has %s', async (address) => {
    expect(await statusOf(address)).toBe(200);
  });

  it.each([
    '/index.html',
    '/docs/docs.html',
    '/fonts/LICENCE.txt',
    '/link.js',
    '/linked/secret.js',
    '/../secret.js',
    '/%2e%2e/secret.js',
    '/card/..%2f..%2fsecret.js',
    '/card',
  ])('has no %s', async (address) => {
    expect(await statusOf(address)).toBe(404);
  });
});
