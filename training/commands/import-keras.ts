// `import-keras`: what was trained in Keras becomes a bundle that serves, or an encoder to train on.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import {
  type ActivationRanges,
  bundleDirectory,
  DEFAULT_BUNDLE,
  loadBundle,
} from '@caption-queue/model/bundle';
import type { Command, Options } from '../command-line/command.ts';
import { createProgress } from '../command-line/progress.ts';
import { plainFolder } from '../encoder-source.ts';
import { TrainingError } from '../failure.ts';
import { type ImportedCaptioner, importCaptioner } from '../import-keras/import-captioner.ts';
import { type ImportedEncoder, importEncoder } from '../import-keras/import-encoder.ts';
import { type KerasParts, writeKerasBundle } from '../import-keras/keras-bundle.ts';
import { readKerasFile } from '../import-keras/keras-file.ts';
import { calibrateEncoder } from '../import-keras/measure-activations.ts';
import type { PaddingEffect } from '../import-keras/padding.ts';
import { readPhotos } from '../import-keras/photos.ts';
import { refuseToReplace, replaceFolder } from '../import-keras/replace-folder.ts';
import { writeEncoderFiles } from '../import-keras/write-encoder-files.ts';

/** More hardly change the greatest output of a layer. */
const CALIBRATION_PHOTOS = 32;
/** On so many it is measured what reading padding changes: each word takes a run over the whole caption. */
const PADDING_PHOTOS = 8;
/** Under this mean cosine to fp32 an int8 encoder changes what the captioner sees too much. */
const INT8_MIN_AGREEMENT = 0.99;

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
    calibrate: {
      description: `Folder of usual photos (the first ${CALIBRATION_PHOTOS} are used), which makes the encoder int8: twice as fast. Without it, fp32.`,
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
    '--encoder inception_v3.h5 --captioner Image_Caption_model.json --weights caption-model.hdf5 --tokenizer tokenizer.pkl --calibrate ~/photos --output my-keras-model',
    '--encoder inception_v3.h5 --captioner captioner.h5 --tokenizer tokenizer.json --output my-keras-model',
    '--encoder inception_v3.h5 --calibrate ~/photos --output ~/my-encoder',
  ],
  async run(options) {
    const output = bundleDirectory(options.text('output'));
    await refuseToReplace(output, options.flag('force'));
    const captioner = await captionerOf(options);
    const encoder = importEncoder(await readKerasFile(options.text('encoder')));
    if (encoder.leftOut.length > 0) {
      console.log(`Left out of the encoder's file: ${encoder.leftOut.join(', ')}.`);
    }
    const photos = await calibrationPhotos(options);
    const ranges = await rangesFor(encoder, photos);
    if (captioner) await writeBundle(options, { output, photos, encoder, ranges, captioner });
    else await writeEncoder({ output, encoder, ranges });
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

async function calibrationPhotos(options: Options): Promise<Uint8Array[]> {
  const folder = options.optionalText('calibrate');
  return folder === undefined ? [] : readPhotos(folder, CALIBRATION_PHOTOS);
}

/** `undefined` where the encoder has to stay in fp32, which is said. */
async function rangesFor(
  { encoder }: ImportedEncoder,
  photos: Uint8Array[],
): Promise<ActivationRanges | undefined> {
  if (photos.length === 0) return undefined;
  const progress = createProgress({ title: 'Calibrating', total: 2 * photos.length, unit: 'runs' });
  const threads = availableParallelism();
  const { ranges, agreements } = await calibrateEncoder(encoder, {
    photos,
    threads,
    onProgress: (done) => progress.update(done),
  });
  progress.finish();
  const mean = agreements.reduce((sum, agreement) => sum + agreement, 0) / agreements.length;
  const measured = `cosine of its features to fp32's ${mean.toFixed(4)} on ${photos.length} photos, least ${Math.min(...agreements).toFixed(4)}`;
  const isGood = mean >= INT8_MIN_AGREEMENT;
  console.log(
    isGood
      ? `The encoder in int8: ${measured}.`
      : `The encoder stays in fp32: int8 would change what it sees (${measured}; ${INT8_MIN_AGREEMENT} wanted).`,
  );
  return isGood ? ranges : undefined;
}

async function writeBundle(
  options: Options,
  { output, photos, ...parts }: KerasParts & { output: string; photos: Uint8Array[] },
): Promise<void> {
  const files = ['encoder', 'captioner', 'weights', 'tokenizer'].flatMap(
    (name) => options.optionalText(name) ?? [],
  );
  const names = files.map((file) => path.basename(file)).join(', ');
  const { pixels } = await (await loadBundle(DEFAULT_BUNDLE)).loadProbe();
  let effects: PaddingEffect[] = [];
  await replaceFolder(output, async (folder) => {
    effects = await writeKerasBundle(folder, {
      parts,
      photos: [pixels, ...photos].slice(0, PADDING_PHOTOS),
      texts: {
        name: path.basename(output),
        version: options.text('bundle-version'),
        provenance: options.optionalText('provenance') ?? `Imported from Keras: ${names}.`,
        licence: options.text('licence'),
      },
    });
  });
  for (const line of paddingLines(parts.captioner, effects)) console.warn(line);
  const { vocabulary } = parts.captioner;
  console.log(
    `${output}: ${vocabulary.size} tokens, encoder in ${parts.ranges ? 'int8' : 'fp32'}${parts.encoder.classifier ? ', with classifier' : ''}.`,
  );
  console.log(`\`npm run caption -- --model ${options.text('output')} photo.jpg\` tries it.`);
}

/** Nothing where the captioner reads no padding. */
function paddingLines(
  { isMasked, maxLength }: ImportedCaptioner,
  effects: PaddingEffect[],
): string[] {
  if (isMasked) return [];
  if (maxLength === undefined) {
    return [
      'Warning: the captioner has no mask_zero and takes captions of any length. It is served as if it had been trained without padding.',
    ];
  }
  const words = effects.reduce((sum, effect) => sum + effect.words, 0);
  const changed = effects.reduce((sum, effect) => sum + effect.changed, 0);
  const difference = Math.max(...effects.map((effect) => effect.difference));
  return [
    `Warning: the captioner's Embedding has no mask_zero, so Keras reads padding as words, and one less with each word; here it is read once. On ${effects.length} photos ${changed} of ${words} words would have been others, and log-probabilities differ by up to ${difference.toFixed(3)}. docs/keras.md says how to train without that.`,
  ];
}

/** What `features --encoder` and `fit` read; they need all of it. */
async function writeEncoder({
  output,
  encoder,
  ranges,
}: {
  output: string;
  encoder: ImportedEncoder;
  ranges: ActivationRanges | undefined;
}): Promise<void> {
  if (!ranges) {
    throw new TrainingError(
      'Training reads the int8 encoder: give --calibrate a folder of usual photos. (For a bundle, name a captioner too.)',
    );
  }
  if (!encoder.classifier) {
    throw new TrainingError(
      "Training needs the encoder's ImageNet classifier, and this file has no top: save the model with include_top=True.",
    );
  }
  await replaceFolder(output, (folder) =>
    writeEncoderFiles(folder, {
      encoder,
      ranges,
      placeOf: (file) => plainFolder[file] as string,
    }),
  );
  console.log(`${output}: \`npm run train -- features --encoder ${output}\` reads it.`);
}
