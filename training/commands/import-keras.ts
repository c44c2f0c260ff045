// `import-keras`: what was trained in Keras becomes a bundle that serves, or an encoder to train on.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { type ActivationRanges, bundleDirectory } from '@caption-queue/model/bundle';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import type { Command, Options } from '../command-line/command.ts';
import { createProgress } from '../command-line/progress.ts';
import { refuseToReplace } from '../export/replace-folder.ts';
import { TrainingError } from '../failure.ts';
import { type ImportedCaptioner, importCaptioner } from '../import-keras/import-captioner.ts';
import { importEncoder } from '../import-keras/import-encoder.ts';
import { writeKerasBundle } from '../import-keras/keras-bundle.ts';
import { readKerasFile } from '../import-keras/keras-file.ts';
import { INT8_MIN_AGREEMENT, measureEncoder } from '../import-keras/measure-activations.ts';
import { paddingWarnings } from '../import-keras/padding.ts';
import { readPhotos } from '../import-keras/photos.ts';
import { writePlainEncoder } from '../import-keras/write-encoder-files.ts';

/** More hardly change the greatest output of a layer. */
const MEASURED_PHOTOS = 32;

export const importKerasCommand: Command = {
  name: 'import-keras',
  summary:
    'Makes a bundle of a captioner trained in Keras (2 or 3) and the InceptionV3 it was trained on. With --encoder alone: a folder for `features --encoder`, to train a captioner on.',
  options: {
    encoder: {
      description: 'InceptionV3 as HDF5, weights or whole model, with or without its top.',
      value: 'FILE',
    },
    captioner: {
      description: "The captioner's architecture (model.to_json()), or a whole model as .h5.",
      value: 'FILE',
    },
    weights: {
      description: "The captioner's weights as HDF5, where --captioner has none.",
      value: 'FILE',
    },
    tokenizer: {
      description: "Keras's tokenizer, pickled or as JSON. A pickle's code is never run.",
      value: 'FILE',
    },
    'begin-word': {
      description: 'Word before each caption. Default: startseq, <start> or the like.',
      value: 'WORD',
    },
    'end-word': {
      description: 'Word after each caption. Default: endseq, <end> or the like.',
      value: 'WORD',
    },
    photos: {
      description: `Folder of usual photos (the first ${MEASURED_PHOTOS} are used), by which the encoder is measured to become int8: twice as fast. Without it, fp32.`,
      value: 'FOLDER',
    },
    output: { description: 'The bundle: a name below models/, or a path.', value: 'NAME' },
    'bundle-version': { description: "The bundle's version.", value: 'TEXT', default: '1' },
    provenance: {
      description: 'What it was made from, in a sentence. Default: the names of the files.',
      value: 'TEXT',
    },
    licence: { description: 'Terms of the weights.', value: 'TEXT', default: 'not stated' },
    force: { description: 'Replace a bundle that is there.' },
  },
  examples: [
    '--encoder inception_v3.h5 --captioner Image_Caption_model.json --weights caption-model.hdf5 --tokenizer tokenizer.pkl --photos ~/photos --output my-keras-model',
    '--encoder inception_v3.h5 --captioner captioner.h5 --tokenizer tokenizer.json --output my-keras-model',
    '--encoder inception_v3.h5 --photos ~/photos --output ~/my-encoder',
  ],
  async run(options) {
    const output = bundleDirectory(options.text('output'));
    await refuseToReplace(output, options.flag('force'));
    const captioner = await captionerOf(options);
    const encoder = importEncoder(await readKerasFile(options.text('encoder')));
    if (encoder.leftOut.length > 0) {
      console.log(`Left out of the encoder's file: ${encoder.leftOut.join(', ')}.`);
    }
    const folder = options.optionalText('photos');
    const photos = folder === undefined ? [] : await readPhotos(folder, MEASURED_PHOTOS);
    const ranges = await rangesFor(encoder.encoder, photos);

    if (!captioner) {
      await writePlainEncoder(output, { encoder, ranges });
      console.log(`${output}: \`npm run train -- features --encoder ${output}\` reads it.`);
      return;
    }
    const effects = await writeKerasBundle(output, {
      parts: { encoder, ranges, captioner },
      photos,
      texts: {
        name: path.basename(output),
        version: options.text('bundle-version'),
        provenance:
          options.optionalText('provenance') ?? `Imported from Keras: ${namesOfFiles(options)}.`,
        licence: options.text('licence'),
      },
    });
    for (const line of paddingWarnings(captioner, effects)) console.warn(line);
    console.log(
      `${output}: ${captioner.vocabulary.size} tokens, encoder in ${ranges ? 'int8' : 'fp32'}${encoder.classifier ? ', with classifier' : ''}.`,
    );
    console.log(`\`npm run caption -- --model ${options.text('output')} photo.jpg\` tries it.`);
  },
};

/** `undefined` when only an encoder is imported. */
async function captionerOf(options: Options): Promise<ImportedCaptioner | undefined> {
  const captioner = options.optionalText('captioner');
  if (captioner === undefined) {
    const stray = ['weights', 'tokenizer'].find((name) => options.optionalText(name));
    if (stray) throw new TrainingError(`--${stray} belongs to a captioner: name it, --captioner.`);
    return undefined;
  }
  return importCaptioner({
    captioner,
    weights: options.optionalText('weights'),
    tokenizer: options.text('tokenizer'),
    marks: { begin: options.optionalText('begin-word'), end: options.optionalText('end-word') },
  });
}

function namesOfFiles(options: Options): string {
  const files = ['encoder', 'captioner', 'weights', 'tokenizer'].flatMap(
    (name) => options.optionalText(name) ?? [],
  );
  return files.map((file) => path.basename(file)).join(', ');
}

/** `undefined` where the encoder has to stay in fp32, which is said. */
async function rangesFor(
  encoder: LayersModel,
  photos: Uint8Array[],
): Promise<ActivationRanges | undefined> {
  if (photos.length === 0) return undefined;
  const progress = createProgress({ title: 'Measuring', total: 2 * photos.length, unit: 'runs' });
  const { ranges, agreement } = await measureEncoder(encoder, {
    photos,
    threads: availableParallelism(),
    onProgress: (done) => progress.update(done),
  });
  progress.finish();
  const measured = `cosine of its features to fp32's ${agreement.mean.toFixed(4)} on ${photos.length} photos, least ${agreement.least.toFixed(4)}`;
  const isGood = agreement.mean >= INT8_MIN_AGREEMENT;
  console.log(
    isGood
      ? `The encoder in int8: ${measured}.`
      : `The encoder stays in fp32: int8 would change what it sees (${measured}; ${INT8_MIN_AGREEMENT} wanted).`,
  );
  return isGood ? ranges : undefined;
}
