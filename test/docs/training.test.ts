// The commands of docs/training.md, in their order, on the tiny data set: a newcomer copies them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadBundle } from '@caption-queue/model/bundle';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../support/folder.ts';
import { hasTensorFlow } from '../support/model/engines.ts';
import { tinyDataset, writeCsvDataset } from '../support/training/datasets.ts';
import { runTraining } from '../support/training/training-program.ts';

const guide = await readFile(new URL('../../docs/training.md', import.meta.url), 'utf8');
const PREFIX = 'npm run train -- ';
const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) =>
  block.trim().split('\n'),
);
/** Lines of the blocks, and commands in the text; `kinds` and `calibrate` want more pictures (test/training/commands). */
const documented = [...guide.matchAll(/^npm run train -- .*$|(?<=`)npm run train -- [^`<]*(?=`)/gm)]
  .map(([line]) => line)
  .filter((line) => !/ (?:kinds|calibrate) /.test(line));

/** A network this small trains in a second. */
const tiny = '--units 16 --annotation-size 16 --attention-size 8 --epochs 1 --threads 1'.split(' ');

const folder = useFolder();
beforeAll(async () => {
  await writeCsvDataset(join(folder, 'my-photos'));
});

/** What a shell makes of the line, with the folders of this test. */
function argumentsOf(line: string): string[] {
  const words = [...line.slice(PREFIX.length).matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain = '']) => quoted ?? plain,
  );
  const places: Record<string, string> = {
    '~/my-photos': join(folder, 'my-photos'),
    '~/flickr8k': tinyDataset,
    'my-model': join(folder, 'my-model'),
  };
  const replaced = words.map((word) => places[word] ?? word);
  return words[0] === 'fit' && !words.includes('--from') ? [...replaced, ...tiny] : replaced;
}

describe.skipIf(!hasTensorFlow())('docs/training.md', () => {
  it('begins with three commands for own pictures, and says how to serve the result', () => {
    expect(blocks[0]?.map((line) => line.slice(PREFIX.length).split(' ')[0])).toEqual([
      'features',
      'fit',
      'export',
    ]);
    expect(blocks[1]).toEqual(['MODEL=my-model npm start']);
  });

  it.each(documented)(
    '%s',
    async (line) => {
      const { code, stderr } = await runTraining(folder, argumentsOf(line));
      expect(code, stderr).toBe(0);
      if (line.includes(' fit ')) {
        await readFile(join(folder, 'runs/mine/attention/curves.svg'));
      }
      if (line.includes(' export ')) {
        const { manifest } = await loadBundle(join(folder, 'my-model'));
        expect(line).toContain(manifest.provenance);
      }
    },
    120_000,
  );
});
