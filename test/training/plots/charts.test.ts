// Charts as people see them: rendered, and looked at where something must be.
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVocabulary } from '@caption-queue/model/vocabulary';
import { readTrainingLog } from '@caption-queue/training/fit/training-log';
import { writeCaptionPlots } from '@caption-queue/training/plots/caption-plots';
import { chart } from '@caption-queue/training/plots/chart';
import { drawCurves, writeCurves } from '@caption-queue/training/plots/curves';
import {
  calibrationError,
  reliabilityBins,
  reliabilityPlot,
} from '@caption-queue/training/plots/reliability';
import { formatTick, linearScale, logScale } from '@caption-queue/training/plots/scale';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';

const folder = useFolder();

/** Draws the SVG and answers its size and the colour at a place, as `#rrggbb`. */
async function render(svg: string) {
  const { data, info } = await sharp(Buffer.from(svg))
    .flatten({ background: '#ffffff' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const start = (Math.round(y) * info.width + Math.round(x)) * info.channels;
    return `#${data.subarray(start, start + 3).toString('hex')}`;
  };
  return { width: info.width, height: info.height, at };
}

describe('an axis', () => {
  const range: [number, number] = [0, 100];
  it.each([
    [
      [0, 1],
      [0, 0.2, 0.4, 0.6, 0.8, 1],
    ],
    [
      [0.12, 0.47],
      [0.1, 0.2, 0.3, 0.4, 0.5],
    ],
    [
      [0, 29_983],
      [0, 10_000, 20_000, 30_000],
    ],
    [
      [-3, 4],
      [-4, -2, 0, 2, 4],
    ],
    [
      [5, 5],
      [5, 6],
    ],
    [
      [0, 0],
      [0, 0.2],
    ],
  ] as [[number, number], number[]][])('from %j is written at %j', (domain, ticks) => {
    const scale = linearScale({ domain, range });
    for (const tick of ticks) expect(scale.ticks.map(formatTick)).toContain(formatTick(tick));
    expect(scale.at(scale.ticks[0] as number)).toBeCloseTo(0);
    expect(scale.at(scale.ticks.at(-1) as number)).toBeCloseTo(100);
  });

  it('can be of whole numbers, or logarithmic', () => {
    expect(linearScale({ domain: [1, 3], range, integer: true }).ticks).toEqual([1, 2, 3]);
    const scale = logScale({ domain: [1, 1000], range });
    expect(scale.ticks).toEqual([1, 10, 100, 1000]);
    expect(scale.at(100)).toBeCloseTo(66.7, 1);
  });
});

describe('a chart', () => {
  it('draws bars and lines where their values are', async () => {
    const axis = { label: 'value', domain: [0, 1] as [number, number] };
    const { width, height, at } = await render(
      chart([
        {
          title: 'A <title> & more',
          x: axis,
          y: axis,
          bars: { bars: [{ x0: 0, x1: 0.5, y: 0.5 }], colour: '#00ff00' },
          series: [
            {
              points: [
                [0, 0.8],
                [1, 0.8],
              ],
              colour: '#0000ff',
            },
          ],
        },
      ]),
    );
    // The axes span x 62…412 and y 252…52.
    const place = (x: number, y: number): [number, number] => [62 + x * 350, 252 - y * 200];
    expect([width, height]).toEqual([440, 300]);
    expect(at(...place(0.25, 0.25))).toBe('#00ff00');
    expect(at(...place(0.25, 0.65))).toBe('#ffffff');
    expect(at(...place(0.75, 0.25))).toBe('#ffffff');
    expect(at(...place(0.5, 0.8))).toBe('#0000ff');
  });
});

describe('curves', () => {
  const scores = { cider: 0.2, bleu4: 0.1 };
  const epoch = (number: number, loss: number) => ({ type: 'epoch', epoch: number, loss, scores });
  const step = (number: number, loss: number) => ({
    type: 'step',
    step: number,
    totalSteps: 20,
    loss,
  });
  const write = async (model: string, entries: object[]) => {
    await mkdir(join(folder, 'run', model), { recursive: true });
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`);
    await writeFile(join(folder, 'run', model, 'log.jsonl'), lines.join(''));
  };

  it('are of the run since it last began anew, each step once, whatever a kill left behind', async () => {
    await write('attention', [
      { type: 'start', settings: { epochs: 9 } },
      epoch(1, 9),
      { type: 'start', settings: { epochs: 2 } },
      step(5, 7),
      step(10, 6),
      epoch(1, 6.5),
      step(15, 5),
      step(15, 4),
    ]);
    const model = join(folder, 'run/attention');
    await appendFile(join(model, 'log.jsonl'), '{"type":"epo');
    const log = await readTrainingLog(model);
    expect(log?.settings).toEqual({ epochs: 2 });
    expect(log?.steps.map(({ step: number, loss }) => [number, loss])).toEqual([
      [5, 7],
      [10, 6],
      [15, 4],
    ]);
    expect(log?.epochs.map(({ loss }) => loss)).toEqual([6.5]);
  });

  it('lie beside the log; those of several models are compared', async () => {
    const model = join(folder, 'run/attention');
    await writeCurves(model);
    expect((await render(await readFile(join(model, 'curves.svg'), 'utf8'))).width).toBe(3 * 440);
    await expect(readFile(join(folder, 'run/curves.svg'))).rejects.toThrow();
    await write('merge', [{ type: 'start', settings: { epochs: 2 } }, epoch(1, 6), epoch(2, 5)]);
    await writeCurves(model);
    const both = await readFile(join(folder, 'run/curves.svg'), 'utf8');
    expect(both.match(/>attention</g)).toHaveLength(3);
    expect(both.match(/>merge</g)).toHaveLength(3);
    await render(both);
  });

  it('show the reward where a model learns from its own captions', async () => {
    await write('final', [
      { type: 'start', settings: { epochs: 2 } },
      { ...step(5, 0.1), reward: 0.5 },
      { ...step(10, 0.1), reward: 0.7 },
      epoch(1, 0.1),
    ]);
    const log = await readTrainingLog(join(folder, 'run/final'));
    const svg = drawCurves(log ? [log] : []);
    expect(svg).toContain('Reward while training');
    expect(svg).not.toContain('Loss while training');
    await render(svg);
  });

  it('are not drawn before the first epoch', async () => {
    await write('young', [{ type: 'start', settings: {} }, step(1, 8)]);
    await writeCurves(join(folder, 'run/young'));
    await writeCurves(join(folder, 'run/nowhere'));
    await expect(readFile(join(folder, 'run/young/curves.svg'))).rejects.toThrow();
  });
});

describe('plots of captions', () => {
  it('count lengths and words, and show where the vocabulary ends', async () => {
    const captions = [
      ['a', 'dog'],
      ['a', 'dog', 'runs'],
      ['a', 'cat'],
    ];
    await writeCaptionPlots(folder, {
      captions: { train: [{ file: 'a.jpg', captions }], dev: [] },
      vocabulary: createVocabulary(['a', 'dog']),
    });
    const lengths = await readFile(join(folder, 'caption-lengths.svg'), 'utf8');
    expect(lengths).toContain('3 training captions, mean 2.3 words');
    await render(lengths);
    const words = await readFile(join(folder, 'word-frequencies.svg'), 'utf8');
    const named = [
      ...words.matchAll(/text-anchor="end">(\w+)<\/text><rect[^>]*><text[^>]*>(\d+)</g),
    ];
    expect(named.map(([, word, count]) => [word, count])).toEqual([
      ['a', '3'],
      ['dog', '2'],
      ['cat', '1'],
      ['runs', '1'],
    ]);
    expect(words).toContain('4 different words');
    expect(words).toContain('vocabulary: the first 2');
    await render(words);
  });
});

describe('reliability', () => {
  const predictions = [
    { probability: 0.05, right: false },
    { probability: 0.31, right: true },
    { probability: 0.39, right: false },
    { probability: 1, right: true },
  ];

  it('compares predicted and observed in ten bins', () => {
    const bins = reliabilityBins(predictions);
    expect(bins.map(({ low, count, observed }) => [low, count, observed])).toEqual([
      [0, 1, 0],
      [0.3, 2, 0.5],
      [0.9, 1, 1],
    ]);
    expect(bins[1]?.predicted).toBeCloseTo(0.35);
    // (1 × 0.05 + 2 × 0.15 + 1 × 0) ÷ 4
    expect(calibrationError(predictions)).toBeCloseTo(0.0875);
  });

  it('is drawn', async () => {
    const svg = reliabilityPlot({ subject: 'words', rightMeans: 'are right', predictions });
    expect(svg).toContain('calibration error 0.088');
    expect(svg).toContain('share of words that are right');
    expect((await render(svg)).width).toBe(880);
  });
});
