// `fit`: trains a decoder on the features.
import { appendFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { DecoderKind } from '@caption-queue/contract/bundle';
import { loadTensorFlow } from '@caption-queue/inference/tfjs/tensorflow';
import type { Command, Options } from './command-line/command.ts';
import { createInterruption } from './command-line/interruption.ts';
import { createProgress, formatDuration } from './command-line/progress.ts';
import { OUTPUT_LAYER, runFolder, runOption } from './command-line/run-folder.ts';
import { loadPrepared, type PreparedCaptions } from './dataset/prepared.ts';
import { TrainingError } from './failure.ts';
import { type FeatureFile, openFeatureFile } from './features/feature-file.ts';
import { loadCheckpoint } from './fit/checkpoint.ts';
import { fitDecoder } from './fit/fit-decoder.ts';
import type { FitSettings } from './fit/settings.ts';

/** Steps between two lines of the log. */
const LOG_INTERVAL = 10;

/** What a size is when the command line doesn't say. */
const defaultUnits: Record<DecoderKind, number> = { attention: 512, merge: 256 };

export const fitCommand: Command = {
  name: 'fit',
  summary:
    'Trains a decoder on the features, with a checkpoint and dev scores after each epoch. Ctrl-C saves; the same command goes on from there.',
  options: {
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
    patience: {
      description: 'Epochs without a better dev CIDEr before it stops.',
      value: 'N',
      default: '3',
    },
    seed: { description: 'The same seed repeats a run.', value: 'N', default: '1' },
    threads: { description: 'Threads inside one operation. Default: all cores.', value: 'N' },
    restart: { description: 'Begin anew although there is a checkpoint.' },
  },
  examples: ['', '--decoder merge --epochs 5', '--run mine --epochs 20 --batch-size 8'],
  async run(options) {
    const run = runFolder(options);
    const data = await loadPrepared(run);
    const features = await openFeatureFile(run.features(OUTPUT_LAYER));
    checkFeatures(features, data.captions);
    const settings = readSettings(options, data.vocabulary.size, features.index.flipped);
    const folder = path.join(run.root, options.optionalText('model') ?? settings.decoder);
    const checkpoint = options.flag('restart') ? undefined : await loadCheckpoint(folder);
    if (checkpoint && JSON.stringify(checkpoint.settings) !== JSON.stringify(settings)) {
      throw new TrainingError(
        `${folder} holds a run with other settings. Give the same options to go on, --restart to begin anew, or another --model.`,
      );
    }
    const threads = options.optionalText('threads');
    const tf = loadTensorFlow(
      threads === undefined ? undefined : options.number('threads', { minimum: 1, integer: true }),
    );
    await mkdir(folder, { recursive: true });
    const log = (entry: object) =>
      appendFile(path.join(folder, 'log.jsonl'), `${JSON.stringify(entry)}\n`);
    if (!checkpoint) await log({ type: 'start', settings });

    const interruption = createInterruption();
    let progress: ReturnType<typeof createProgress> | undefined;
    const state = await fitDecoder(tf, {
      settings,
      data,
      features,
      folder,
      checkpoint,
      signal: interruption.signal,
      onStep(report) {
        const { epoch, step, totalSteps, loss } = report;
        progress ??= createProgress({
          title: 'Training',
          total: totalSteps,
          unit: 'steps',
          done: step - 1,
        });
        progress.update(step, `epoch ${epoch}, loss ${loss.toFixed(3)}`);
        if (step % LOG_INTERVAL === 0) void log({ type: 'step', ...report });
      },
      onEpoch(result) {
        void log({ type: 'epoch', ...result });
        progress?.finish();
        progress = undefined;
        const { epoch, loss, scores, seconds } = result;
        console.log(
          `Epoch ${epoch}: loss ${loss.toFixed(3)}, dev CIDEr ${scores.cider.toFixed(3)}, BLEU-4 ${scores.bleu4.toFixed(3)} (greedy), ${scores.distinctCaptions} distinct captions, ${formatDuration(seconds)}`,
        );
      },
    });
    progress?.finish();
    interruption.stop();
    features.close();
    const ended = interruption.signal.aborted ? 'Stopped and saved' : 'Done';
    console.log(`${ended} after ${state.epochs.length} epochs; the weights are in ${folder}.`);
  },
};

/** Better now than in the middle of an epoch. */
function checkFeatures(features: FeatureFile, { train, dev }: PreparedCaptions): void {
  const missing = [...train, ...dev].filter(({ file }) => !features.has(file));
  if (missing.length === 0) return;
  throw new TrainingError(
    `${missing.length} photos have no features, ${missing[0]?.file} first; run \`npm run train -- features\` again.`,
  );
}

function readSettings(options: Options, vocabularySize: number, flipped: boolean): FitSettings {
  const decoder = options.text('decoder');
  if (decoder !== 'attention' && decoder !== 'merge') {
    throw new TrainingError(`--decoder must be attention or merge, not '${decoder}'.`);
  }
  const count = (name: string) => options.number(name, { minimum: 1, integer: true });
  const share = (name: string) => options.number(name, { minimum: 0, maximum: 0.95 });
  const given = (name: string) => options.optionalText(name) !== undefined;
  const units = given('units') ? count('units') : defaultUnits[decoder];
  return {
    decoder,
    sizes: {
      vocabularySize,
      units,
      embeddingSize: given('embedding-size') ? count('embedding-size') : units,
      annotationSize: count('annotation-size'),
      attentionSize: count('attention-size'),
    },
    dropout: share('dropout'),
    labelSmoothing: share('label-smoothing'),
    rate: options.number('rate', { minimum: 1e-6, maximum: 1 }),
    decay: options.number('weight-decay', { minimum: 0, maximum: 1 }),
    clipNorm: options.number('clip-norm', { minimum: 1e-3 }),
    epochs: count('epochs'),
    batchSize: count('batch-size'),
    maximumWords: count('maximum-words'),
    flipShare: flipped ? options.number('flip-share', { minimum: 0, maximum: 1 }) : 0,
    patience: count('patience'),
    seed: options.number('seed', { minimum: 0, integer: true }),
  };
}
