// `npm run caption -- --html`, as the program that it runs, with a real photo; and docs/html.md.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { skipReasons } from '@caption-queue/cli/html/skip-image';
import { warningTexts } from '@caption-queue/cli/html/warnings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSite } from '../../support/cli/site.ts';
import { writeTinyBundle } from '../../support/model/tiny-bundle.ts';
import { readPhoto } from '../../support/pictures/pictures.ts';

const program = fileURLToPath(new URL('../../../cli/dist/caption.js', import.meta.url));
const page = `<!doctype html>
<img src="img/cat.jpg?small">
<img src="/img/cat.jpg" alt="">
<img src="https://example.com/a.jpg">
`;

let models: string;
let site: Awaited<ReturnType<typeof createSite>>;
beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), 'html-command-'));
  await writeTinyBundle({ directory: join(models, 'tiny') });
  site = await createSite({
    'public/index.html': page,
    'public/img/cat.jpg': readPhoto('cat.jpg'),
    'public/img/text.jpg': 'no picture',
  });
});
afterAll(async () => {
  await rm(models, { recursive: true });
  await site.remove();
});

function caption(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const all = [program, '--model', join(models, 'tiny'), '--threads', '1', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { cwd: site.folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe('the caption command with --html', () => {
  it('lists what a model that was never calibrated is not sure of, and changes nothing', async () => {
    const { code, stdout, stderr } = await caption('--html', 'public', '--write');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/nothing is sure enough.*\(1\):\n {2}index\.html:2 {2}img\/cat\.jpg/);
    expect(stdout).toContain('1 on another server');
    expect(stdout).toContain('0 images had an alt text, 1 an empty one');
    expect(stdout).toContain('Wrote 0 alt texts in 0 pages of 1.');
    expect(stderr).toMatch(/^This model was never calibrated.*\n$/);
    expect((await site.read('public/index.html')).toString()).toBe(page);
  });

  it('tells programs the same, an object a line', async () => {
    const { code, stdout } = await caption('--html', 'public', '--json', '--include-empty');
    expect(code).toBe(0);
    const [first, second, third, ...rest] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toEqual({
      file: 'index.html',
      line: 2,
      src: 'img/cat.jpg?small',
      caption: expect.stringMatching(/^\w+/),
      kind: null,
      confidence: null,
      alt_text: null,
      written: false,
      warnings: [],
    });
    expect(second).toEqual({ ...first, line: 3, src: '/img/cat.jpg' });
    expect(third).toEqual({
      file: 'index.html',
      line: 4,
      src: 'https://example.com/a.jpg',
      skipped: 'remote',
    });
    expect(rest).toEqual([]);
    const photo = await caption('--json', 'public/img/cat.jpg');
    expect(first.caption).toBe(JSON.parse(photo.stdout).caption);
  });

  it('answers 1 when a picture or a page failed, and does the rest', async () => {
    const folder = await createSite({
      'a.html': Buffer.from('\ufeff<p>', 'utf16le'),
      'b.html': '<img src=text.jpg><img src=gone.jpg><img src=cat.jpg>',
      'cat.jpg': readPhoto('cat.jpg'),
      'text.jpg': 'no picture',
    });
    const { code, stdout } = await caption('--html', folder.folder);
    await folder.remove();
    expect(code).toBe(1);
    expect(stdout).toContain('Failed (3):');
    expect(stdout).toMatch(/b\.html:1 {2}text\.jpg: .*not a JPEG/);
    expect(stdout).toContain('b.html:1  gone.jpg: There is no such file.');
    expect(stdout).toMatch(/a\.html: .*UTF-16/);
    expect(stdout).toMatch(/sure enough.*\n.*cat\.jpg/);
  });

  it.each([
    [['--html', 'nowhere'], 'there is none at nowhere'],
    [['--html', 'public/index.html'], 'there is none at public/index.html'],
    [['--html', 'public/img'], 'no .html or .htm file in public/img'],
    [['--html', 'public', 'photo.jpg'], 'not photo.jpg'],
    [['--write', 'photo.jpg'], '--write goes with --html'],
    [['--include-empty', 'photo.jpg'], '--include-empty goes with --html'],
    [['--html', 'public', '--min-confidence', '1.5'], '0 to 1, not 1.5'],
    [['--html', 'public', '--min-confidence', ''], '0 to 1'],
    [['--html'], '--html'],
  ])('answers 2 to %j, and says why', async (args, complaint) => {
    const { code, stdout, stderr } = await caption(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(complaint);
    expect(stderr).toContain('npm run caption -- --html public');
  });
});

describe('docs/html.md', async () => {
  const guide = await readFile(new URL('../../../docs/html.md', import.meta.url), 'utf8');
  const commands = [...guide.matchAll(/(?<=^|`)npm run caption -- ([^`\n]*)/gm)];

  it.each(commands.map(([line, args = '']) => ({ line, args })))('$line', async ({ args }) => {
    const { code, stdout, stderr } = await caption(...args.split(' '));
    expect(code, stderr).toBe(0);
    expect(stdout).not.toBe('');
  });

  it('has the five commands, and every reason and warning of the JSON', () => {
    expect(commands).toHaveLength(5);
    for (const code of [...Object.keys(skipReasons), ...Object.keys(warningTexts)]) {
      expect(guide).toContain(`\`${code}\``);
    }
  });
});
