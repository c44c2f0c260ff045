// `export`: the best weights of a run become a bundle that serves.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { IMAGE_SIZE, PREPROCESSING_VERSION } from '@caption-queue/contract/bundle';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { bundleDirectory } from '@caption-queue/model/bundle';
import { loadTensorFlow, type TensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import type { Command, Options } from '../command-line/command.ts';
import { type RunFolder, runFolder, runOption } from '../command-line/run-folder.ts';
import { loadPrepared } from '../dataset/prepared.ts';
import { type EncoderSource, encoderOption, findEncoder } from '../encoder-source.ts';
import { calibrateActivations } from '../export/measure-activations.ts';
import { tunedEncoder } from '../export/tuned-encoder.ts';
import { writeBundle } from '../export/write-bundle.ts';
import { TrainingError } from '../failure.ts';
import { openFeatureFile, readIndex } from '../features/feature-file.ts';
import { checkMadeBy } from '../features/photo-encoder.ts';
import { loadBest } from '../fit/checkpoint.ts';
import { buildEncoderBlocks } from '../fit/encoder-blocks.ts';
import { buildNetwork } from '../fit/settings.ts';

/**
 * Beam 3 is twice as fast as 5 and no worse. Of the penalties 0, 0.5, 0.7, 0.9 and 1.1, 0.9 has the best dev
 * CIDEr-D on Flickr8k (0.489; 0.473 without a penalty) and captions as long as people's.
 */
const generation = { beamWidth: 3, maxLength: 20, lengthPenalty: 0.9 };

export const exportCommand: Command = {
  name: 'export',
  summary:
    'Writes the best weights of a run as a bundle: decoder (float16), vocabulary, encoder, classifier and probe, every file hashed.',
  options: {
    ...runOption,
    model: {
      description: "The model's folder below the run.",
      value: 'NAME',
      default: 'attention',
    },
    ...encoderOption,
    probe: {
      description:
        "Photo by which workers check their engine; it becomes part of the bundle. Default: that of the encoder's bundle.",
      value: 'FILE',
    },
    output: { description: 'The bundle: a name below models/, or a path.', value: 'NAME' },
    'bundle-version': { description: "The bundle's version.", value: 'TEXT', default: '1' },
    provenance: { description: 'What it was made from, in a sentence.', value: 'TEXT' },
    licence: { description: 'Terms of the weights.', value: 'TEXT' },
    force: { description: 'Replace a bundle that is there.' },
  },
  examples: ['--probe photo.jpg --output my-model --provenance "My photos" --licence CC0-1.0'],
  async run(options) {
    const run = runFolder(options);
    const { vocabulary } = await loadPrepared(run);
    const { settings, state, values } = await loadBest(path.join(run.root, options.text('model')));
    if (settings.sizes.vocabularySize !== vocabulary.size) {
      throw new TrainingError(
        `The weights know ${settings.sizes.vocabularySize} words, ${run.vocabulary} has ${vocabulary.size}: \`prepare\` has run again since. Train again.`,
      );
    }
    const encoder = await findEncoder(options.text('encoder'));
    const output = bundleDirectory(options.text('output'));
    const tf = loadTensorFlow();
    const { tuning } = settings;
    const tuned = tuning && (await tune(tf, { run, encoder, layer: tuning.layer, values }));
    const graphHash = await writeBundle({
      output,
      force: options.flag('force'),
      encoder,
      tuned,
      probePixels: await probePixels(options, encoder),
      network: buildNetwork(tf, settings),
      values,
      vocabulary,
      manifest: {
        name: path.basename(output),
        version: options.text('bundle-version'),
        preprocessing: {
          version: PREPROCESSING_VERSION,
          imageSize: IMAGE_SIZE,
          scale: 'x/127.5-1',
        },
        encoder: { layer: await outputLayer(encoder) },
        decoder: { kind: settings.decoder },
        generation,
        metrics: {},
        provenance: options.text('provenance'),
        licence: options.text('licence'),
      },
    });
    const features = tuned ? undefined : await readIndex(run.features());
    if (features && features.graphHash !== graphHash) {
      console.warn(
        'Warning: the features this decoder was trained on come from another encoder graph than the exported one.',
      );
    }
    const epoch = state.epochs.at(-1);
    console.log(
      `${output}: ${settings.decoder} decoder of epoch ${epoch?.epoch} (dev CIDEr ${epoch?.scores.cider.toFixed(3)}, greedy).`,
    );
    console.log(
      `\`npm run train -- evaluate --bundle ${output} --data FOLDER --record\` adds its dev figures.`,
    );
  },
};

/** The encoder with the blocks of a run that tuned them. */
async function tune(
  tf: TensorFlow,
  {
    run,
    encoder,
    layer,
    values,
  }: {
    run: RunFolder;
    encoder: EncoderSource;
    layer: string;
    values: ReadonlyMap<string, Float32Array>;
  },
) {
  const model = await encoder.loadModel('encoder');
  const { captions } = await loadPrepared(run);
  const features = await openFeatureFile(run.features(layer));
  await checkMadeBy(encoder, features);
  const blocks = buildEncoderBlocks(tf, model, layer);
  const files = captions.train.map(({ file }) => file);
  const ranges = calibrateActivations(tf, { blocks, values, features, files });
  features.close();
  return { model: tunedEncoder(model, values), ranges };
}

async function probePixels(options: Options, encoder: EncoderSource): Promise<Uint8Array> {
  if (encoder.probePixels && options.optionalText('probe') === undefined)
    return encoder.probePixels;
  const photo = options.text('probe');
  const bytes = await readFile(photo).catch((cause) => {
    throw new TrainingError(`The probe's photo ${photo} cannot be read.`, { cause });
  });
  return (await normaliseImage(bytes)).pixels;
}

async function outputLayer(encoder: EncoderSource): Promise<string> {
  const { outputs } = await encoder.loadModel('encoder');
  return outputs[0]?.[0] ?? '';
}
