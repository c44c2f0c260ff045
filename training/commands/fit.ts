// `fit`: trains a decoder on the features.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import type { Command } from '../command-line/command.ts';
import { createInterruption } from '../command-line/interruption.ts';
import { runFolder } from '../command-line/run-folder.ts';
import { loadPrepared } from '../dataset/prepared.ts';
import { openFeatureFile } from '../features/feature-file.ts';
import { loadBest, loadResumable } from '../fit/checkpoint.ts';
import { fitDecoder } from '../fit/fit-decoder.ts';
import { createFitReport } from '../fit/fit-report.ts';
import { fitOptions, readSettings } from '../fit/options.ts';
import { loadStart } from '../fit/start.ts';
import { loadTunedEncoder } from '../fit/trained-parts.ts';
import { appendToLog } from '../fit/training-log.ts';

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
    const { train, dev } = data.captions;
    // All photos are looked for now: better than in the middle of an epoch.
    const files = [...train, ...dev].map(({ file }) => file);
    const features = await openFeatureFile(run.features(options.optionalText('tune')), files);
    const best = (model: string) => loadBest(path.join(run.root, model));
    const start = await loadStart(options, { best, vocabulary: data.vocabulary, features });
    const settings = readSettings(options, {
      vocabularySize: data.vocabulary.size,
      flipped: features.index.flipped,
      start: start?.settings,
    });
    const encoder = settings.tuning && (await loadTunedEncoder(options.text('encoder'), features));
    const folder = path.join(run.root, options.optionalText('model') ?? settings.decoder);
    const checkpoint = options.flag('restart') ? undefined : await loadResumable(folder, settings);
    const tf = loadTensorFlow(options.optionalNumber('threads', { minimum: 1, integer: true }));

    await mkdir(folder, { recursive: true });
    if (!checkpoint) await appendToLog(folder, { type: 'start', settings });
    const interruption = createInterruption();
    const { finish, ...report } = createFitReport(folder);
    const state = await fitDecoder(tf, {
      settings,
      data,
      features,
      folder,
      checkpoint,
      initial: start?.values,
      encoder,
      signal: interruption.signal,
      ...report,
    });
    finish();
    interruption.stop();
    features.close();

    const ended = interruption.signal.aborted ? 'Stopped and saved' : 'Done';
    console.log(`${ended} after ${state.epochs.length} epochs; the weights are in ${folder}.`);
  },
};
