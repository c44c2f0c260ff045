// The model card: figures from the run, texts from people, and neither lost.
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBundle } from '@caption-queue/model/bundle';
import { commandLine, commandsFor, lineageOf } from '@caption-queue/training/card/lineage';
import { fillTemplate } from '@caption-queue/training/card/template';
import { noteCommand, readCommands } from '@caption-queue/training/command-line/command-history';
import { sealBundle } from '@caption-queue/training/export/seal-bundle';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../support/folder.ts';
import { writeTinyBundle } from '../support/model/tiny-bundle.ts';
import { tinyDataset } from '../support/training/datasets.ts';
import { runTraining } from '../support/training/training-program.ts';

const photos = fileURLToPath(new URL('../fixtures/photos', import.meta.url));

const folder = useFolder();
let bundle: string;
beforeAll(async () => {
  bundle = join(folder, 'tiny');
  await writeTinyBundle({ directory: bundle });
});

describe('a template', () => {
  const parts = { data: 'Ten photos.', photos: '' };

  it('keeps what people wrote, fills in what the run knows, and leaves out what says nothing', () => {
    const template =
      '# Mine\n\n<!-- a hint -->\nIt is {{ data }}\n\n## Photos\n\n{{photos}}\n\n## Limits\n<!-- two\nlines -->\n\n## Use\n\nFor me.\n';
    expect(fillTemplate(template, parts)).toEqual({
      card: '# Mine\n\nIt is Ten photos.\n\n## Use\n\nFor me.\n',
      empty: ['Photos', 'Limits'],
    });
  });

  it('may not ask for what nobody knows', () => {
    expect(() => fillTemplate('{{price}}', parts)).toThrow(
      'has {{price}}; it may have data, photos',
    );
  });
});

describe('the commands of a run', () => {
  const commands = [
    ['prepare', '--data', 'old'],
    ['prepare', '--data', '/home/me/my photos'],
    ['features', '--data', 'x'],
    ['features', '--data', 'x', '--layer', 'mixed8'],
    ['fit'],
    ['fit', '--model', 'other'],
    ['fit', '--from', 'attention', '--model=tuned', '--rate', '0.1'],
    ['fit', '--from', 'attention', '--model=tuned', '--rate', '0.2'],
    ['fit', '--from=tuned', '--model', 'final'],
    ['export', '--output', '/b/other'],
    ['export', '--output', '/b/mine', '--provenance', "Anna's photos"],
    ['evaluate', '--bundle', '/b/mine'],
    ['evaluate', '--bundle', '/b/mine', '--record'],
  ].map(([command = '', ...args]) => ({ command, args }));

  it('that made a bundle are those of its model and of the models it began with', () => {
    const lineage = lineageOf(commands, 'final');
    expect(lineage).toEqual(['attention', 'tuned', 'final']);
    expect(commandsFor(commands, { lineage, bundle: '/b/mine' }).map(commandLine)).toEqual([
      "npm run train -- prepare --data 'path/to/my photos'",
      'npm run train -- features --data x',
      'npm run train -- features --data x --layer mixed8',
      'npm run train -- fit',
      'npm run train -- fit --from attention --model=tuned --rate 0.2',
      'npm run train -- fit --from=tuned --model final',
      "npm run train -- export --output path/to/mine --provenance 'Anna'\\''s photos'",
      'npm run train -- evaluate --bundle path/to/mine --record',
    ]);
    expect(lineageOf(commands, 'unknown')).toEqual(['unknown']);
    expect(lineageOf(commands, 'final, other')).toEqual(['attention', 'tuned', 'final', 'other']);
    expect(lineageOf(commands, 'tuned,final')).toEqual(['attention', 'tuned', 'final']);
  });

  it('are noted in the order they ended, each once', async () => {
    const run = join(folder, 'noted');
    await noteCommand(run, { command: 'fit', args: [] });
    expect(await readCommands(run)).toEqual([]);
    await mkdir(run);
    for (const command of ['prepare', 'fit', 'evaluate', 'fit']) {
      await noteCommand(run, { command, args: ['--run', 'x'] });
    }
    expect((await readCommands(run)).map(({ command }) => command)).toEqual([
      'prepare',
      'evaluate',
      'fit',
    ]);
  });
});

describe('card', () => {
  const card = (...args: string[]) => runTraining(folder, ['card', '--bundle', bundle, ...args]);
  const read = (file: string) => readFile(join(bundle, file), 'utf8');

  it('needs a run with a trained model', async () => {
    const { code, stderr } = await card();
    expect(code).toBe(1);
    expect(stderr).toContain('captions.json cannot be read');
  });

  it('tells what the run knows, in a bundle that stays whole', async () => {
    await runTraining(folder, ['prepare', '--data', tinyDataset]);
    const epoch = {
      loss: 2.5,
      scores: { cider: 0.123, bleu4: 0.1, bleu1: 0.5, rougeL: 0.3, distinctCaptions: 2 },
    };
    const settings = { decoder: 'attention', sizes: { units: 16 }, epochs: 2, seed: 7 };
    await mkdir(join(folder, 'runs/flickr8k/attention'));
    await writeFile(
      join(folder, 'runs/flickr8k/attention/log.jsonl'),
      [
        { type: 'start', settings },
        { type: 'epoch', epoch: 1, seconds: 60, ...epoch },
        { type: 'epoch', epoch: 2, seconds: 90, ...epoch },
      ]
        .map((entry) => `${JSON.stringify(entry)}\n`)
        .join(''),
    );
    const evaluate = ['evaluate', '--bundle', bundle, '--data', tinyDataset];
    expect(
      (await runTraining(folder, [...evaluate, '--record', '--ablation', 'beam 3'])).stderr,
    ).toContain('2/2');
    await runTraining(folder, [...evaluate, '--beam-width', '1', '--ablation', 'greedy']);

    const { code, stdout } = await card('--photos', photos, '--copy-side', '224');
    expect(code).toBe(0);
    expect(stdout).toContain('What it is bad at; Bias; Meant for');
    const text = await read('MODEL_CARD.md');
    expect(text).toContain('npm run train -- prepare --data path/to/tiny-dataset');
    expect(text).toContain('| 5 to train on, 2 to score (dev) |');
    expect(text).toContain('| attention | 7 | 2 | 1 | 1m15s | 2m30s | 2.500 |');
    expect(text).toContain('sizes.units=16, epochs=2, seed=7');
    expect(text).toMatch(/\| beam 3 \| .*\n\| greedy \| /);
    expect(text).toMatch(/!\[cat\.jpg\]\(card\/cat\.jpg\) \| [a-z ]+ \| [a-z ]+ \|/);
    expect(text).not.toContain('<!--');
    expect(text).not.toContain(folder);
    for (const [, file] of text.matchAll(/!\[[^\]]*\]\(([^)]*)\)/g)) await read(file as string);
    const { manifest } = await loadBundle(bundle);
    expect(text).toContain(`| ${manifest.metrics.bleu1?.toFixed(3)} |`);
    await sealBundle(bundle, manifest);
    expect(Object.keys((await loadBundle(bundle)).manifest.files)).toEqual(
      Object.keys(manifest.files),
    );
  }, 60_000);

  it('keeps the texts that people wrote, and takes away pictures that are no longer shown', async () => {
    await appendFile(join(bundle, 'card/template.md'), '\nOnly for tests.\n');
    expect((await card()).stdout).not.toContain('Meant for');
    expect(await read('MODEL_CARD.md')).toMatch(/## Meant for\n\nOnly for tests\.\n$/);
    expect((await readdir(join(bundle, 'card'))).sort()).toEqual([
      'curves.svg',
      'reliability.svg',
      'template.md',
    ]);
  });

  it('replaces no card that was written by hand', async () => {
    await rm(join(bundle, 'card'), { recursive: true });
    await writeFile(join(bundle, 'MODEL_CARD.md'), 'By hand.');
    const { code, stderr } = await card();
    expect(code).toBe(1);
    expect(stderr).toContain('was written by hand');
    expect(await read('MODEL_CARD.md')).toBe('By hand.');
    expect((await card('--force')).code).toBe(0);
    expect(await read('MODEL_CARD.md')).toContain('## Training');
  });
});
