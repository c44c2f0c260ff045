// What a training begins with: a model of its run, or a bundle's decoder, of which each word goes to its new place.
import { type Bundle, loadBundle } from '@caption-queue/model/bundle';
import { weightValues } from '@caption-queue/model/layers-model/weights';
import type { Vocabulary } from '@caption-queue/model/vocabulary';
import type { Options } from '../command-line/command.ts';
import { findEncoder } from '../encoder-source.ts';
import { TrainingError } from '../failure.ts';
import type { FeatureFile } from '../features/feature-file.ts';
import { checkMadeBy } from '../features/photo-encoder.ts';
import type { FitSettings } from './settings.ts';

/** Weights with an entry for each word, and the axis along which these lie. */
const axisOfWords = new Map([
  ['words/embeddings', 0],
  ['logits/kernel', 1],
  ['logits/bias', 0],
]);

export interface Start {
  settings: Pick<FitSettings, 'decoder' | 'sizes'>;
  /** By name, as a checkpoint has them. */
  values: Map<string, Float32Array>;
}

/**
 * @param best answers the best weights of a model of the run
 * @param features of the run
 * @returns `undefined` for a start at random
 * @throws TrainingError when the features are those of another encoder than the bundle's
 */
export async function loadStart(
  options: Options,
  {
    best,
    vocabulary,
    features,
  }: {
    best: (model: string) => Promise<Start>;
    vocabulary: Vocabulary;
    features: FeatureFile;
  },
): Promise<Start | undefined> {
  const from = options.optionalText('from');
  const bundle = options.optionalText('from-bundle');
  if (from !== undefined && bundle !== undefined) {
    throw new TrainingError('Give --from or --from-bundle, not both: a training has one start.');
  }
  if (bundle === undefined) return from === undefined ? undefined : best(from);
  const advice = `make them with \`features --encoder ${bundle}\` in a run of their own`;
  await checkMadeBy(await findEncoder(bundle), features, advice);
  return startOfBundle(await loadBundle(bundle), vocabulary);
}

/**
 * Words that the vocabulary lacks are dropped; those that the bundle lacks begin as its `<unknown>`, which they were
 * when it was trained.
 * @param vocabulary of the training
 * @throws TrainingError when the decoder is none that this project trains
 */
export async function startOfBundle(bundle: Bundle, vocabulary: Vocabulary): Promise<Start> {
  const models = [await bundle.loadModel('decoder/start'), await bundle.loadModel('decoder/step')];
  const weights = new Map(models.flatMap((model) => [...model.weights]));
  if (!weights.has('words/embeddings') || !weights.has('lstm/recurrent_kernel')) {
    throw new TrainingError(
      `The decoder of ${bundle.directory} is none that \`fit\` made, so it cannot go on from there.`,
    );
  }
  const sizeAt = (name: string, axis: number) => weights.get(name)?.shape[axis] ?? 0;
  const tokens = vocabulary.toJSON().map((word) => bundle.vocabulary.tokenIdOf(word));
  const values = new Map(
    [...weights].map(([name, weight]): [string, Float32Array] => {
      const axis = axisOfWords.get(name);
      const all = weightValues(weight);
      return [name, axis === undefined ? all : chosen(all, { shape: weight.shape, axis, tokens })];
    }),
  );
  return {
    settings: {
      decoder: bundle.manifest.decoder.kind,
      sizes: {
        vocabularySize: vocabulary.size,
        embeddingSize: sizeAt('words/embeddings', 1),
        units: sizeAt('lstm/recurrent_kernel', 0),
        annotationSize: sizeAt('annotations/kernel', 1),
        attentionSize: sizeAt('keys/kernel', 1),
      },
    },
    values,
  };
}

/** The entries of the tokens, in their order, along an axis of a vector or matrix. */
function chosen(
  values: Float32Array,
  { shape, axis, tokens }: { shape: readonly number[]; axis: number; tokens: readonly number[] },
): Float32Array {
  const [rows = 1, columns = 1] = shape;
  if (axis === 1) {
    const result = new Float32Array(rows * tokens.length);
    for (let row = 0; row < rows; row++) {
      tokens.forEach((token, place) => {
        result[row * tokens.length + place] = values[row * columns + token] as number;
      });
    }
    return result;
  }
  const result = new Float32Array(tokens.length * columns);
  tokens.forEach((token, place) => {
    result.set(values.subarray(token * columns, (token + 1) * columns), place * columns);
  });
  return result;
}
