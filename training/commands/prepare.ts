// `prepare`: cleans the captions, finds the vocabulary, and says what it did.
import type { Command } from '../command-line/command.ts';
import { table } from '../command-line/command.ts';
import { type RunFolder, runFolder, runOption } from '../command-line/run-folder.ts';
import { someOf } from '../dataset/layout.ts';
import type { CaptionDataset } from '../dataset/photo-captions.ts';
import { prepareCaptions } from '../dataset/prepare-captions.ts';
import { savePrepared } from '../dataset/prepared.ts';
import { dataOption, readDataset } from '../dataset/read-dataset.ts';
import { writeCaptionPlots } from '../plots/caption-plots.ts';

/** Of Flickr8k's captions 1.5 % are longer. */
const USUAL_MAXIMUM_WORDS = 20;

export const prepareCommand: Command = {
  name: 'prepare',
  summary:
    'Checks the data set, cleans the training captions (lower case, no punctuation) and chooses the vocabulary by frequency; draws caption lengths and word frequencies.',
  options: {
    ...dataOption,
    ...runOption,
    'minimum-count': {
      description:
        'How often a word must occur in the training captions to be in the vocabulary. Default: 4, less with under 3,000 captions.',
      value: 'N',
    },
    'maximum-words': {
      description: 'Captions longer than this are counted as cut; give `fit` the same number.',
      value: 'N',
      default: String(USUAL_MAXIMUM_WORDS),
    },
  },
  examples: ['--data ~/flickr8k', '--data ~/my-photos --run mine --minimum-count 2'],
  async run(options) {
    await prepareRun(runFolder(options), {
      dataset: await readDataset(options.text('data')),
      minimumCount: options.optionalNumber('minimum-count', { minimum: 1, integer: true }),
      maximumWords: options.number('maximum-words', { minimum: 3, maximum: 50, integer: true }),
    });
  },
};

/** Writes what later steps read, with plots, and prints the counts. */
export async function prepareRun(
  run: RunFolder,
  {
    dataset,
    minimumCount,
    maximumWords = USUAL_MAXIMUM_WORDS,
  }: { dataset: CaptionDataset; minimumCount?: number | undefined; maximumWords?: number },
): Promise<void> {
  const prepared = prepareCaptions(dataset, { minimumCount, maximumWords });
  const { vocabulary, counts } = prepared;
  await savePrepared(run, prepared);
  await writeCaptionPlots(run.root, prepared);
  const rows: [string, string][] = [
    ['photos', `${counts.trainPhotos} train, ${counts.devPhotos} dev`],
    ['training captions', String(counts.captions)],
    ['dropped, empty', String(counts.droppedEmpty)],
    ['dropped, repeated', String(counts.droppedRepeated)],
    [`longer than ${maximumWords} words`, `${counts.cut} (cut in training)`],
    ['words', `${counts.words}, ${counts.distinctWords} different`],
    [
      'vocabulary',
      `${vocabulary.size} tokens: words used at least ${times(counts.minimumCount)}, ${(100 * counts.coverage).toFixed(2)} % of all`,
    ],
  ];
  const { uncaptioned } = dataset;
  if (uncaptioned.length > 0) {
    rows.push([
      'without caption',
      `${uncaptioned.length} pictures, not used: ${someOf(uncaptioned)}`,
    ]);
  }
  console.log(table(rows).join('\n'));
  console.log(`Written to ${run.root}.`);
}

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);
