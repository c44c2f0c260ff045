// `prepare`: cleans the captions, finds the vocabulary, and says what it did.
import { type Command, table } from '../command-line/command.ts';
import { runFolder, runOption } from '../command-line/run-folder.ts';
import { prepareRun, USUAL_MAXIMUM_WORDS } from '../dataset/prepare-run.ts';
import { dataOption, readDataset } from '../dataset/read-dataset.ts';

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
    const run = runFolder(options);
    const rows = await prepareRun(run, {
      dataset: await readDataset(options.text('data')),
      minimumCount: options.optionalNumber('minimum-count', { minimum: 1, integer: true }),
      maximumWords: options.number('maximum-words', { minimum: 3, maximum: 50, integer: true }),
    });
    console.log(table(rows).join('\n'));
    console.log(`Written to ${run.root}.`);
  },
};
