// `fit`: trains a decoder on the features.
import { appendFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import type { Command, Options } from '../command-line/command.ts';
import { createInterruption } from '../command-line/interruption.ts';
import { createProgress, formatDuration } from '../command-line/progress.ts';
import { runFolder } from '../command-line/run-folder.ts';
import { loadPrepared, type PreparedCaptions } from '../dataset/prepared.ts';
import { findEncoder } from '../encoder-source.ts';
import { TrainingError } from '../failure.ts';
import { type FeatureFile, openFeatureFile } from '../features/feature-file.ts';
import { checkMadeBy } from '../features/photo-encoder.ts';
import { loadBest, loadCheckpoint } from '../fit/checkpoint.ts';
import { fitDecoder } from '../fit/fit-decoder.ts';
import { fitOptions, readSettings } from '../fit/options.ts';
import type { TunedEncoder } from '../fit/trained-parts.ts';
import { writeCurves } from '../plots/curves.ts';

/** Steps between two lines of the log. */
const LOG_INTERVAL = 10;

export const fitCommand: Command = {
  name: 'fit',
  summary:
    'Trains a decoder on the features, with a checkpoint and dev scores after each epoch. Ctrl-C saves; the same command goes on from there.',
  options: fitOptions,
  examples: [
    '',
    '--decoder merge --epochs 5',
    '--run mine --epochs 20 --batch-size 8',
    '--from attention --tune mixed8 --model tuned --rate 0.0005 --averaging 0.998 --epochs 6',
    '--from tuned --tune mixed8 --tune-rate 0 --self-critical --model final --rate 0.00004 --epochs 4',
  ],
  async run(options) {
    const run = runFolder(options);
    const data = await loadPrepared(run);
    const features = await openFeatureFile(run.features(options.optionalText('tune')));
    checkFeatures(features, data.captions);
    const from = options.optionalText('from');
    const start = from === undefined ? undefined : await loadBest(path.join(run.root, from));
    const settings = readSettings(options, {
      vocabularySize: data.vocabulary.size,
      flipped: features.index.flipped,
      start: start?.settings,
    });
    const encoder = settings.tuning && (await loadTunedEncoder(options, features));
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
      initial: start?.values,
      encoder,
      signal: interruption.signal,
      onStep(report) {
        const { epoch, step, totalSteps, loss, reward } = report;
        const measured =
          reward === undefined ? `loss ${loss.toFixed(3)}` : `reward ${reward.toFixed(3)}`;
        progress ??= createProgress({
          title: 'Training',
          total: totalSteps,
          unit: 'steps',
          done: step - 1,
        });
        progress.update(step, `epoch ${epoch}, ${measured}`);
        if (step % LOG_INTERVAL === 0) void log({ type: 'step', ...report });
      },
      onEpoch(result) {
        void log({ type: 'epoch', ...result })
          .then(() => writeCurves(folder))
          .catch((error) => console.warn(`The curves could not be drawn: ${error.message}`));
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

async function loadTunedEncoder(options: Options, features: FeatureFile): Promise<TunedEncoder> {
  const source = await findEncoder(options.text('encoder'));
  await checkMadeBy(source, features);
  return {
    model: await source.loadModel('encoder'),
    classifier: await source.loadModel('classifier'),
  };
}
