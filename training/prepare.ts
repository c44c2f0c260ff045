// `prepare`: cleans the captions, finds the vocabulary, and says what it did.
import type { Command } from './command-line/command.ts';
import { table } from './command-line/command.ts';
import { runFolder, runOption } from './command-line/run-folder.ts';
import { someOf } from './dataset/layout.ts';
import { prepareCaptions } from './dataset/prepare-captions.ts';
import { savePrepared } from './dataset/prepared.ts';
import { dataOption, readDataset } from './dataset/read-dataset.ts';
import { writeCaptionPlots } from './plots/caption-plots.ts';

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
      default: '20',
    },
  },
  examples: ['--data ~/flickr8k', '--data ~/my-photos --run mine --minimum-count 2'],
  async run(options) {
    const run = runFolder(options);
    const dataset = await readDataset(options.text('data'));
    const maximumWords = options.number('maximum-words', {
      minimum: 3,
      maximum: 50,
      integer: true,
    });
    const { captions, vocabulary, counts } = prepareCaptions(dataset, {
      minimumCount: options.optionalNumber('minimum-count', { minimum: 1, integer: true }),
      maximumWords,
    });
    await savePrepared(run, { captions, vocabulary });
    await writeCaptionPlots(run.root, { captions, vocabulary });
    const rows: [string, string][] = [
      ['photos', `${counts.trainPhotos} train, ${counts.devPhotos} dev`],
      ['training captions', String(counts.captions)],
      ['dropped, empty', String(counts.droppedEmpty)],
      ['dropped, repeated', String(counts.droppedRepeated)],
      [`longer than ${maximumWords} words`, `${counts.cut} (cut in training)`],
      ['words', `${counts.words}, ${counts.distinctWords} different`],
      [
        'vocabulary',
        `${vocabulary.size} tokens: words that occur ${counts.minimumCount} times or more, ${(100 * counts.coverage).toFixed(2)} % of all`,
      ],
    ];
    if (dataset.uncaptioned.length > 0) {
      rows.push([
        'without caption',
        `${dataset.uncaptioned.length} pictures, not used: ${someOf(dataset.uncaptioned)}`,
      ]);
    }
    console.log(table(rows).join('\n'));
    console.log(`Written to ${run.root}.`);
  },
};
