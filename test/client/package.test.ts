// The client as others get it: packed, installed where nothing of this repository is, and used from Node.js and a browser.
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../support/folder.ts';
import { chromiumIsAvailable, openPage } from '../support/page/chromium.ts';
import { useBrowser, useService } from '../support/page/page.ts';
import { readPhoto } from '../support/pictures/pictures.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { repository } from '../support/repository.ts';
import { useWebServer } from '../support/web-server.ts';

const PACK_TIMEOUT_MS = 120_000;
const photo = readPhoto('cat.jpg');

const PROGRAM = `
import { readFile } from 'node:fs/promises';
import { CaptionApiError, createCaptionClient } from '@caption-queue/client';
const client = createCaptionClient({ baseUrl: process.argv[2] });
const words = [];
const { id } = await client.create(await readFile('photo.jpg'), { metadata: { order: 7 } });
for await (const event of client.stream(id)) if (event.type === 'word') words.push(event.data.text);
const { output, metadata } = await client.get(id);
const refused = await client.get('cap_1').catch((error) => error instanceof CaptionApiError && error.problem.code);
console.log(JSON.stringify({ words: words.join(' '), caption: output.caption, metadata, refused }));
`;

const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>?</title>
<script type="importmap">{ "imports": {
  "@caption-queue/client": "/@caption-queue/client/dist/index.js",
  "eventsource-parser": "/eventsource-parser/dist/index.js"
} }</script>
<script type="module">
import { createCaptionClient } from '@caption-queue/client';
const client = createCaptionClient({ baseUrl: new URLSearchParams(location.search).get('service') });
const picture = await (await fetch('/photo.jpg')).blob();
const { id } = await client.create(picture);
const words = [];
for await (const event of client.stream(id)) if (event.type === 'word') words.push(event.data.text);
document.title = words.join(' ');
</script>`;

/** What `tsc` must find right, or wrong, in a program of someone who installed the client. */
const TYPED = `
import { createCaptionClient, type Caption, type CaptionStatus, type Problem } from '@caption-queue/client';
const client = createCaptionClient({ baseUrl: 'http://127.0.0.1:5000' });
const { output, status }: Caption = await client.caption(new Blob(), { beam_width: 5, kinds: ['photo'] });
const end: CaptionStatus = status;
const code: Problem['code'] = 'queue_full';
for await (const event of client.stream('x')) if (event.type === 'word') event.data.text.trim();
export const all = [output?.alternatives[0]?.log_prob.toFixed(), end, code];
// @ts-expect-error there is no such kind
await client.caption({ url: '' }, { kinds: ['selfie'] });
// @ts-expect-error it may be null
output.caption;
`;

/** The types that were written out say what the schemas say, down to every property. */
const COMPARED = `
import type * as written from './node_modules/@caption-queue/client/dist/contract.js';
import type * as caption from '@caption-queue/contract/caption';
import type { ErrorCode, Problem } from '@caption-queue/contract/errors';
import type { CaptionEvent } from '@caption-queue/contract/events';
type Plain<T> = T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Same<A, B> = (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => {};
same<written.Caption, caption.Caption>(true);
same<written.CaptionChoices, caption.CaptionChoices>(true);
same<written.CaptionPage, caption.CaptionPage>(true);
same<written.CaptionEvent, CaptionEvent>(true);
same<written.Problem, Problem>(true);
same<written.ErrorCode, ErrorCode>(true);
same<written.Caption, caption.CaptionRecord>(false);
same<written.CaptionChoices, caption.CaptionOptions>(false);
`;

describe('the client, packed and installed elsewhere', () => {
  const folder = useFolder();
  const installed = path.join(folder, 'node_modules');
  const own = path.join(installed, '@caption-queue/client');
  const run = (command: string, args: string[], cwd = folder) =>
    execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  beforeAll(async () => {
    const scripts = path.join(repository, 'scripts/run.mjs');
    run(process.execPath, [scripts, 'client/pack/main.ts', folder], repository);
    // From here rather than from a registry, so that nothing but this repository decides.
    const parser = path.join(repository, 'node_modules/eventsource-parser');
    run('npm', ['pack', parser, '--pack-destination', folder]);
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
    const packages = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    run('npm', ['install', '--offline', '--no-audit', ...packages.map((name) => `./${name}`)]);
    await writeFile(path.join(folder, 'photo.jpg'), photo);
  }, PACK_TIMEOUT_MS);

  it('brings what it needs and nothing else', () => {
    expect(readdirSync(own).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
    expect(
      readdirSync(installed)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    ).toEqual(['@caption-queue', 'eventsource-parser']);
    expect(readdirSync(path.join(installed, '@caption-queue'))).toEqual(['client']);
    for (const name of readdirSync(path.join(own, 'dist'))) {
      expect(name).toMatch(/^[\w-]+(\.js|\.d\.ts)$/);
      expect(readFileSync(path.join(own, 'dist', name), 'utf8'), name).not.toMatch(
        /@caption-queue\/contract|\.ts['"]/,
      );
    }
  });

  it('has types that a strict compiler takes, without any of ours', async () => {
    const options = {
      strict: true,
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023', 'dom'],
      types: [],
      noEmit: true,
      exactOptionalPropertyTypes: true,
    };
    await writeFile(path.join(folder, 'typed.ts'), TYPED);
    await writeFile(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['typed.ts'] }),
    );
    expect(compile('tsconfig.json')).toBe('');
  });

  it('has types that are those of the contract', async () => {
    await writeFile(path.join(folder, 'compared.ts'), COMPARED);
    const options = {
      noEmit: true,
      typeRoots: [path.join(repository, 'node_modules/@types')],
      paths: { '@caption-queue/contract/*': [path.join(repository, 'shared/contract/*.ts')] },
    };
    await writeFile(
      path.join(folder, 'compare.json'),
      JSON.stringify({
        extends: path.join(repository, 'tsconfig.json'),
        compilerOptions: options,
        include: [],
        files: ['compared.ts'],
      }),
    );
    expect(compile('compare.json')).toBe('');
  });

  /** @returns what the compiler has to say */
  function compile(project: string): string {
    const tsc = path.join(repository, 'node_modules/typescript/bin/tsc');
    try {
      return run(process.execPath, [tsc, '--project', project]);
    } catch (error) {
      return String((error as { stdout: string }).stdout);
    }
  }

  describe.skipIf(!redisIsAvailable)('with a service', () => {
    const site = useWebServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (pathname === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      else if (pathname === '/photo.jpg') response.writeHead(200).end(photo);
      else if (pathname.endsWith('.js'))
        response
          .writeHead(200, { 'content-type': 'text/javascript' })
          .end(readFileSync(path.join(installed, pathname)));
      else response.writeHead(404).end();
    });
    const { api } = useService({ CORS_ORIGINS: '*' });

    it('captions a picture from Node.js', async () => {
      await writeFile(path.join(folder, 'program.js'), PROGRAM);
      const args = ['program.js', api.address];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
      const { caption, words, ...rest } = JSON.parse(stdout);
      expect(caption).toBe('a <b>bold</b> dog runs');
      expect(words).toBe(caption);
      expect(rest).toEqual({ metadata: { order: 7 }, refused: 'validation_failed' });
    });

    describe.skipIf(!chromiumIsAvailable)('in a browser', () => {
      const browser = useBrowser();

      it('captions a picture from a page of another site', async () => {
        const page = await openPage(browser.browser, `${site.url}/?service=${api.address}`);
        await page.waitForFunction(`document.title !== '?'`);
        expect(await page.title()).toBe('a <b>bold</b> dog runs');
        expect(page.complaints).toEqual([]);
      });
    });
  });
});
