// The training's command line as people use it: from a folder of photos to a bundle that captions.
import { execFile } from 'node:child_process';
import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleDirectory, DEFAULT_BUNDLE, loadBundle } from '@caption-queue/model/bundle';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../support/folder.ts';
import { hasTensorFlow } from '../support/model/engines.ts';
import { writeTinyBundle } from '../support/model/tiny-bundle.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const tinyDataset = join(repository, 'test/fixtures/tiny-dataset');
const program = join(repository, 'training/dist/main.js');

const folder = useFolder();
/** A folder as `--encoder` wants it, with the small encoder of the tiny bundle. */
let encoder: string;

beforeAll(async () => {
  const bundle = join(folder, 'tiny-bundle');
  await writeTinyBundle({ directory: bundle });
  encoder = join(folder, 'encoder');
  await cp(join(bundle, 'encoder'), encoder, { recursive: true });
  await cp(join(bundle, 'activation-ranges.json'), join(encoder, 'activation-ranges.json'));
  // Any classifier of pooled features fits.
  const shipped = bundleDirectory(DEFAULT_BUNDLE);
  await cp(join(shipped, 'classifier'), join(encoder, 'classifier'), { recursive: true });
  for (const file of ['labels.json', 'words.json']) {
    await cp(join(shipped, file), join(encoder, 'classifier', file));
  }
});

/** Runs a command in the temporary folder. */
function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** What a person reads of a failure: one line, no stack trace. */
async function failureOf(...args: string[]): Promise<string> {
  const { code, stderr } = await run(...args);
  expect(code).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  return stderr;
}

describe('the command line of the training', () => {
  it('lists its commands, and the options of each with examples', async () => {
    const overview = await run();
    expect(overview.code).toBe(0);
    for (const name of ['prepare', 'features', 'fit', 'export', 'evaluate']) {
      expect(overview.stdout).toContain(name);
      const { stdout } = await run(name, '--help');
      expect(stdout).toContain('--run NAME');
      expect(stdout).toContain(`npm run train -- ${name} `);
    }
  });

  it('says what is wrong in one line', async () => {
    expect(await failureOf('fti')).toContain("There is no command 'fti'");
    expect(await failureOf('fit', '--epoch', '3')).toContain("'--epoch'");
    expect(await failureOf('prepare')).toContain('needs --data FOLDER');
    expect(await failureOf('prepare', '--data', 'nowhere')).toContain('nowhere is not a folder');
    expect(await failureOf('fit', '--run', 'unprepared')).toContain('npm run train -- prepare');
    expect(await failureOf('prepare', '--data', tinyDataset, '--minimum-count', 'few')).toContain(
      "--minimum-count must be a whole number of at least 1, not 'few'",
    );
  });

  it('names what a damaged data set lacks', async () => {
    const damaged = join(folder, 'damaged');
    await cp(tinyDataset, damaged, { recursive: true });
    await rm(join(damaged, 'images/cat.jpg'));
    expect(await failureOf('prepare', '--data', damaged)).toContain('1 of 7 photos are missing in');
    await cp(join(tinyDataset, 'images/cat.jpg'), join(damaged, 'images/cat.jpg'));
    await truncate(join(damaged, 'images/cat.jpg'), 4000);
    expect(
      await failureOf('features', '--data', damaged, '--encoder', encoder, '--run', 'damaged'),
    ).toMatch(/cat\.jpg cannot be used: The picture is cut off: \d+ of 224 rows are missing/);
    await writeFile(join(damaged, 'Flickr8k.token.txt'), 'cat.jpg#0\tA cat .\nrocket.jp');
    expect(await failureOf('prepare', '--data', damaged)).toContain('Line 2 of Flickr8k.token.txt');
  });

  it('goes on with features where it was killed', async () => {
    const features = ['features', '--data', tinyDataset, '--encoder', encoder, '--flip'];
    await run(...features, '--run', 'whole');
    await run(...features, '--run', 'broken');
    const whole = await readFile(join(folder, 'runs/whole/features/output/features.f16'));
    expect(whole).toHaveLength(7 * 2 * 262_144);
    // In the middle of the third photo's second grid.
    const broken = join(folder, 'runs/broken/features/output/features.f16');
    await truncate(broken, 5.5 * 262_144);
    const { code } = await run(...features, '--run', 'broken');
    expect(code).toBe(0);
    expect((await readFile(broken)).equals(whole)).toBe(true);
    expect(
      await failureOf('features', '--data', tinyDataset, '--encoder', encoder, '--run', 'whole'),
    ).toContain('features of other photos or of another encoder');
  });

  it.skipIf(!hasTensorFlow())(
    'makes a bundle that captions',
    async () => {
      const data = ['--data', tinyDataset];
      expect((await run('prepare', ...data, '--minimum-count', '1')).stdout).toContain(
        '5 train, 2 dev',
      );
      expect((await run('features', ...data, '--encoder', encoder)).code).toBe(0);
      const sizes = ['--units', '16', '--annotation-size', '16', '--attention-size', '8'];
      const fitted = await run('fit', ...sizes, '--epochs', '2', '--batch-size', '2');
      expect(fitted.stdout).toMatch(/Epoch 2: loss .*, dev CIDEr/);
      const log = await readFile(join(folder, 'runs/flickr8k/attention/log.jsonl'), 'utf8');
      expect(
        log
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).type),
      ).toContain('epoch');

      const texts = ['--provenance', 'Seven photos.', '--licence', 'CC0-1.0'];
      const photo = join(tinyDataset, 'images/cat.jpg');
      const output = join(folder, 'exported');
      const made = ['--encoder', encoder, '--probe', photo, '--output', output];
      const exporting = ['export', ...made, ...texts];
      expect((await run(...exporting)).stderr).toBe('');
      expect(await failureOf(...exporting)).toContain('give --force to replace it');
      await writeFile(join(output, 'MODEL_CARD.md'), 'Written by hand.');
      expect((await run(...exporting, '--force')).code).toBe(0);
      expect(await readFile(join(output, 'MODEL_CARD.md'), 'utf8')).toBe('Written by hand.');

      const evaluated = await run('evaluate', '--bundle', output, ...data, '--record');
      expect(evaluated.stdout).toMatch(/CIDEr-D +\d\.\d{4}/);
      expect(evaluated.stdout).toContain('2 (2 with features from the run)');
      const bundle = await loadBundle(output);
      expect(bundle.manifest.decoder.kind).toBe('attention');
      expect(bundle.manifest.metrics.meanLength).toBeGreaterThan(0);

      const more = ['fit', '--epochs', '1', '--batch-size', '2'];
      const again = await run(...more, '--from-bundle', output, '--model', 'again');
      expect(again.stdout).toMatch(/Epoch 1: /);
      const both = [...exporting, '--force', '--model', 'attention,again'];
      expect((await run(...both)).stdout).toContain('attention decoder, the mean of 2 models.');
    },
    180_000,
  );
});
