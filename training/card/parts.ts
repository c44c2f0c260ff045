// The text of each placeholder of a model card, from what the bundle, its run and a folder of photos tell.
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Bundle } from '@caption-queue/model/bundle';
import { readCommands } from '../command-line/command-history.ts';
import type { RunFolder } from '../command-line/run-folder.ts';
import { loadPrepared } from '../dataset/prepared.ts';
import { readAblation } from '../evaluation/ablation.ts';
import { CARD_FOLDER } from '../export/seal-bundle.ts';
import { TrainingError } from '../failure.ts';
import { readTrainingLogs } from '../fit/training-log.ts';
import { drawCurves } from '../plots/curves.ts';
import { RELIABILITY_FILE } from '../plots/evaluation-plots.ts';
import { kindsSection } from './kinds.ts';
import { commandLine, commandsFor, lineageOf } from './lineage.ts';
import { image } from './markdown.ts';
import { photosSection } from './photos.ts';
import {
  ablationSection,
  dataSection,
  metricsSection,
  summarySection,
  trainingSection,
} from './sections.ts';
import { trustSection } from './trust.ts';

export interface CardSources {
  bundle: Bundle;
  run: RunFolder;
  /** The model's folder below the run. */
  model: string;
  /** Folder of photos whose captions are shown. */
  photos: string | undefined;
  /** Also caption copies of these with so many pixels a side. */
  copySide: number | undefined;
  /** Where pictures go. */
  folder: string;
}

/** Draws the plots into the card's folder and answers the text of each placeholder. */
export async function collectParts({
  bundle,
  run,
  model,
  photos,
  copySide,
  folder,
}: CardSources): Promise<Record<string, string>> {
  const { manifest } = bundle;
  const data = await loadPrepared(run);
  const commands = await readCommands(run.root);
  const logs = await readTrainingLogs(run.root);
  const lineage = lineageOf(commands, model);
  const ancestry = lineage.flatMap((name) => logs.find((log) => log.name === name) ?? []);
  if (ancestry.length === 0) {
    throw new TrainingError(
      `${run.root} has no training log of a model '${model}'; name it with --model.`,
    );
  }
  await mkdir(folder, { recursive: true });
  await removePictures(folder);
  await writeFile(path.join(folder, 'curves.svg'), drawCurves(ancestry));
  return {
    title: manifest.name,
    summary: summarySection(manifest),
    data: dataSection(data),
    training: trainingSection(
      commandsFor(commands, { lineage, bundle: bundle.directory }).map(commandLine),
      ancestry,
    ),
    curves: image('Loss and dev scores by epoch', `${CARD_FOLDER}/curves.svg`),
    metrics: metricsSection(manifest, data),
    reliability: await reliabilitySection(run, manifest.name, folder),
    kinds: await kindsSection(run.kinds(manifest.name)),
    trust: await trustSection(run.calibration(manifest.name), folder),
    ablation: ablationSection(await readAblation(run.root), logs),
    photos: photos
      ? await photosSection({ bundle, folder: photos, copySide, cardFolder: folder })
      : '',
  };
}

/** Those of an earlier card. */
async function removePictures(folder: string): Promise<void> {
  const pictures = (await readdir(folder)).filter((name) => /\.(svg|jpg)$/.test(name));
  await Promise.all(pictures.map((name) => rm(path.join(folder, name))));
}

async function reliabilitySection(run: RunFolder, bundle: string, folder: string): Promise<string> {
  const plot = path.join(run.evaluation(bundle), RELIABILITY_FILE);
  const copied = await copyFile(plot, path.join(folder, RELIABILITY_FILE)).then(
    () => true,
    () => false,
  );
  if (!copied) return '';
  return [
    "A word's probability, beside how often a reference of the photo has that word (which is less than being true: people leave much out):",
    image('Predicted and observed shares of words', `${CARD_FOLDER}/${RELIABILITY_FILE}`),
  ].join('\n\n');
}
