// The options of `fit`, and the settings that they make.
import type { DecoderKind } from '@caption-queue/contract/bundle';
import type { OptionDescription, Options } from '../command-line/command.ts';
import { runOption } from '../command-line/run-folder.ts';
import { encoderOption } from '../encoder-source.ts';
import { TrainingError } from '../failure.ts';
import type { FitSettings } from './settings.ts';

/** What a size is when the command line doesn't say. */
const defaultUnits: Record<DecoderKind, number> = { attention: 512, merge: 256 };
const decoderKinds: readonly DecoderKind[] = ['attention', 'merge'];

export const fitOptions: Record<string, OptionDescription> = {
  ...runOption,
  decoder: { description: '`attention` or `merge`.', value: 'KIND', default: 'attention' },
  model: {
    description:
      "Folder below the run for this model's checkpoints and log. Default: the decoder's kind.",
    value: 'NAME',
  },
  epochs: { description: 'Times that every photo is seen.', value: 'N', default: '6' },
  'batch-size': {
    description: 'Photos a step, each with all its captions.',
    value: 'N',
    default: '32',
  },
  rate: { description: 'Highest learning rate of the cycle.', value: 'X', default: '0.001' },
  dropout: { description: 'Share of values dropped.', value: 'X', default: '0.5' },
  'label-smoothing': {
    description: 'Probability given to all other words.',
    value: 'X',
    default: '0.05',
  },
  'weight-decay': { description: "AdamW's.", value: 'X', default: '0.01' },
  'clip-norm': { description: 'Largest norm of the gradients.', value: 'X', default: '5' },
  'flip-share': {
    description: 'Share of photos seen mirrored (features made with --flip).',
    value: 'X',
    default: '0.5',
  },
  units: { description: 'Of the LSTM. Default: 512, merge 256.', value: 'N' },
  'embedding-size': { description: "Of a word's vector. Default: as units.", value: 'N' },
  'annotation-size': {
    description: 'Of a picture cell after projection (attention).',
    value: 'N',
    default: '512',
  },
  'attention-size': {
    description: 'Where cells and state are compared (attention).',
    value: 'N',
    default: '256',
  },
  'maximum-words': { description: 'Longer captions are cut.', value: 'N', default: '20' },
  'scheduled-sampling': {
    description: "Share of the words read that are the model's own guesses.",
    value: 'X',
    default: '0',
  },
  averaging: {
    description: 'Share of the moving average of the weights that a step keeps; 0 for none.',
    value: 'X',
    default: '0',
  },
  from: {
    description: 'A model of this run whose best weights are the start; it decides the sizes.',
    value: 'MODEL',
  },
  'from-bundle': {
    description:
      'A bundle whose decoder is the start instead; words that it lacks begin as unknown ones. It fits features of its own encoder.',
    value: 'NAME',
  },
  tune: {
    description:
      "Also train the encoder's blocks above this layer (features --layer), e.g. `mixed8`.",
    value: 'LAYER',
  },
  'tune-rate': {
    description: 'Highest learning rate of these blocks; 0 leaves them as --from has them.',
    value: 'X',
    default: '0.0001',
  },
  distillation: {
    description: "How much tuning keeps to the classifier's answers; 0 for not at all.",
    value: 'X',
    default: '1',
  },
  'self-critical': {
    description:
      'Train on the CIDEr-D of captions that the model draws itself; for weights that are trained already (--from), at a low --rate, which falls from the start.',
  },
  samples: { description: 'Captions drawn of each photo.', value: 'N', default: '4' },
  candidates: {
    description: 'Likeliest words that each word is drawn from.',
    value: 'N',
    default: '12',
  },
  'cross-entropy': {
    description: 'Weight of one caption that people wrote, beside those drawn.',
    value: 'X',
    default: '0.2',
  },
  'self-critical-dropout': {
    description:
      "Share of values dropped while captions that were drawn are learned, in --dropout's place.",
    value: 'X',
    default: '0',
  },
  ...encoderOption,
  patience: {
    description: 'Epochs without a better dev CIDEr before it stops.',
    value: 'N',
    default: '3',
  },
  seed: { description: 'The same seed repeats a run.', value: 'N', default: '1' },
  threads: { description: 'Threads inside one operation. Default: all cores.', value: 'N' },
  restart: { description: 'Begin anew although there is a checkpoint.' },
};

/**
 * @param start settings of the run whose weights are the start
 * @throws TrainingError for an option out of its bounds
 */
export function readSettings(
  options: Options,
  {
    vocabularySize,
    flipped,
    start,
  }: {
    vocabularySize: number;
    flipped: boolean;
    start?: Pick<FitSettings, 'decoder' | 'sizes'> | undefined;
  },
): FitSettings {
  const decoder = start?.decoder ?? options.oneOf('decoder', decoderKinds);
  const count = (name: string) => options.number(name, { minimum: 1, integer: true });
  const share = (name: string) => options.number(name, { minimum: 0, maximum: 0.95 });
  const given = (name: string) => options.optionalText(name) !== undefined;
  const rate = (name: string) => options.number(name, { minimum: 1e-7, maximum: 1 });
  const units = given('units') ? count('units') : defaultUnits[decoder];
  const tuning = options.optionalText('tune');
  const sampling = options.number('scheduled-sampling', { minimum: 0, maximum: 1 });
  if (start && start.sizes.vocabularySize !== vocabularySize) {
    throw new TrainingError('`prepare` has run again since the weights of --from were trained.');
  }
  return {
    decoder,
    sizes: start?.sizes ?? {
      vocabularySize,
      units,
      embeddingSize: given('embedding-size') ? count('embedding-size') : units,
      annotationSize: count('annotation-size'),
      attentionSize: count('attention-size'),
    },
    dropout: share('dropout'),
    labelSmoothing: share('label-smoothing'),
    rate: rate('rate'),
    decay: options.number('weight-decay', { minimum: 0, maximum: 1 }),
    clipNorm: options.number('clip-norm', { minimum: 1e-3 }),
    epochs: count('epochs'),
    batchSize: count('batch-size'),
    maximumWords: count('maximum-words'),
    flipShare: flipped ? options.number('flip-share', { minimum: 0, maximum: 1 }) : 0,
    patience: count('patience'),
    averaging: options.number('averaging', { minimum: 0, maximum: 0.9999 }),
    ...(sampling > 0 && { scheduledSampling: sampling }),
    ...(options.flag('self-critical') && {
      selfCritical: {
        samples: options.number('samples', { minimum: 2, integer: true }),
        candidates: count('candidates'),
        crossEntropy: options.number('cross-entropy', { minimum: 0 }),
        ...(share('self-critical-dropout') > 0 && { dropout: share('self-critical-dropout') }),
      },
    }),
    ...(tuning !== undefined && {
      tuning: {
        layer: tuning,
        rate: options.number('tune-rate', { minimum: 0, maximum: 1 }),
        distillation: options.number('distillation', { minimum: 0 }),
      },
    }),
    seed: options.number('seed', { minimum: 0, integer: true }),
  };
}
