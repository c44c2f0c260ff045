// `features`: runs the encoder once over all photos, so that training never runs it again.
import { existsSync } from 'node:fs';
import { type Command, table } from '../command-line/command.ts';
import { createInterruption } from '../command-line/interruption.ts';
import { createProgress } from '../command-line/progress.ts';
import { runFolder, runOption } from '../command-line/run-folder.ts';
import { prepareRun } from '../dataset/prepare-run.ts';
import { dataOption, readDataset } from '../dataset/read-dataset.ts';
import { encoderOption, findEncoder } from '../encoder-source.ts';
import { extractFeatures } from '../features/extract-features.ts';
import { loadPhotoEncoder } from '../features/photo-encoder.ts';

export const featuresCommand: Command = {
  name: 'features',
  summary:
    'Encodes every photo of the train and dev split and writes the feature grids to one flat float16 file (262 kB a photo; twice that with --flip). Goes on where an earlier run stopped. Prepares the captions too where `prepare` has not.',
  options: {
    ...dataOption,
    ...encoderOption,
    ...runOption,
    layer: {
      description:
        "Whose grids are kept, e.g. `mixed8` to tune the blocks above it. Default: the encoder's output.",
      value: 'NAME',
    },
    flip: { description: 'Also encode each photo mirrored, for training.' },
    threads: { description: 'Threads of one encoder.', value: 'N', default: '2' },
  },
  examples: ['--data ~/flickr8k --flip', '--data ~/my-photos --run mine --encoder ~/inception-v3'],
  async run(options) {
    const run = runFolder(options);
    const dataset = await readDataset(options.text('data'));
    if (!existsSync(run.captions)) {
      console.log(table(await prepareRun(run, { dataset })).join('\n'));
      console.log(`Written to ${run.root}.`);
    }
    const layer = options.optionalText('layer');
    const encoder = await loadPhotoEncoder(await findEncoder(options.text('encoder')), {
      layer,
      threads: options.number('threads', { minimum: 1, integer: true }),
    });
    const files = [...dataset.train, ...dataset.dev].map(({ file }) => file);
    const interruption = createInterruption();
    let progress: ReturnType<typeof createProgress> | undefined;
    const done = await extractFeatures({
      encoder,
      imageFolder: dataset.imageFolder,
      files,
      folder: run.features(layer),
      flipped: options.flag('flip'),
      signal: interruption.signal,
      onProgress(count, doneBefore) {
        progress ??= createProgress({
          title: 'Encoding',
          total: files.length,
          unit: 'photos',
          done: doneBefore,
        });
        progress.update(count);
      },
    });
    progress?.finish();
    interruption.stop();
    console.log(
      done < files.length
        ? `Stopped after ${done} of ${files.length} photos; the same command goes on from there.`
        : `${done} photos encoded (${encoder.precision} encoder ${encoder.graphHash.slice(0, 12)}).`,
    );
  },
};
