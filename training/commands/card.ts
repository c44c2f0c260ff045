// `card`: writes a bundle's model card from what its run knows and from what people wrote.
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Bundle, loadBundle } from '@caption-queue/model/bundle';
import { commandLine, commandsFor, lineageOf } from '../card/lineage.ts';
import { image } from '../card/markdown.ts';
import { photosSection } from '../card/photos.ts';
import {
  ablationSection,
  dataSection,
  metricsSection,
  summarySection,
  trainingSection,
} from '../card/sections.ts';
import { fillTemplate, initialTemplate } from '../card/template.ts';
import { trustSection } from '../card/trust.ts';
import type { Command, Options } from '../command-line/command.ts';
import { readCommands } from '../command-line/command-history.ts';
import { type RunFolder, runFolder, runOption } from '../command-line/run-folder.ts';
import { loadPrepared } from '../dataset/prepared.ts';
import { readAblation } from '../evaluation/ablation.ts';
import { CARD_FOLDER } from '../export/seal-bundle.ts';
import { TrainingError } from '../failure.ts';
import { drawCurves } from '../plots/curves.ts';
import { RELIABILITY_FILE } from '../plots/evaluation-plots.ts';
import { readTrainingLogs } from '../plots/training-log.ts';

const CARD_FILE = 'MODEL_CARD.md';
const TEMPLATE_FILE = 'template.md';

export const cardCommand: Command = {
  name: 'card',
  summary:
    "Writes a bundle's MODEL_CARD.md: data, commands, settings, times, dev figures, curves and captions, filled into card/template.md, whose texts are yours. Run it again whenever either changed.",
  options: {
    bundle: { description: 'Bundle: a name below models/, or a path.', value: 'NAME' },
    ...runOption,
    model: {
      description: "The model's folder below the run.",
      value: 'NAME',
      default: 'attention',
    },
    photos: {
      description:
        'Folder of photos whose captions are shown. Small copies of them become part of the bundle, so take photos that you may publish.',
      value: 'FOLDER',
    },
    'copy-side': {
      description:
        'Also caption copies of these photos with so many pixels a side, as small as the training photos were.',
      value: 'N',
    },
    force: { description: 'Replace a card that was not made by this command.' },
  },
  examples: [
    '--bundle my-model --run mine',
    '--bundle flickr8k-attention --photos test/fixtures/photos --copy-side 224',
  ],
  async run(options) {
    const bundle = await loadBundle(options.text('bundle'));
    const folder = path.join(bundle.directory, CARD_FOLDER);
    const templatePath = path.join(folder, TEMPLATE_FILE);
    const cardPath = path.join(bundle.directory, CARD_FILE);
    const template = await readIfThere(templatePath);
    if (template === undefined && (await readIfThere(cardPath)) && !options.flag('force')) {
      throw new TrainingError(
        `${cardPath} was written by hand. Move its texts to ${templatePath}, or give --force to replace it.`,
      );
    }
    const parts = await collectParts(options, bundle, folder);
    const { card, empty } = fillTemplate(template ?? initialTemplate, parts);
    if (template === undefined) await writeFile(templatePath, initialTemplate);
    await writeFile(cardPath, card);
    console.log(`Written to ${cardPath}.`);
    if (empty.length > 0) {
      console.log(
        `Nothing to tell yet about: ${empty.join('; ')}. Your texts go to ${templatePath}.`,
      );
    }
  },
};

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

/** Draws the plots into the card's folder and answers the text of each placeholder. */
async function collectParts(
  options: Options,
  bundle: Bundle,
  folder: string,
): Promise<Record<string, string>> {
  const run = runFolder(options);
  const { manifest } = bundle;
  const data = await loadPrepared(run);
  const commands = await readCommands(run.root);
  const logs = await readTrainingLogs(run.root);
  const lineage = lineageOf(commands, options.text('model'));
  const ancestry = lineage.flatMap((name) => logs.find((log) => log.name === name) ?? []);
  if (ancestry.length === 0) {
    throw new TrainingError(
      `${run.root} has no training log of a model '${options.text('model')}'; name it with --model.`,
    );
  }
  await mkdir(folder, { recursive: true });
  await removePictures(folder);
  await writeFile(path.join(folder, 'curves.svg'), drawCurves(ancestry));
  const photos = options.optionalText('photos');
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
    trust: await trustSection(run.calibration(manifest.name), folder),
    ablation: ablationSection(await readAblation(run.root), logs),
    photos: photos
      ? await photosSection({
          bundle,
          folder: photos,
          copySide: options.optionalNumber('copy-side', { minimum: 16, integer: true }),
          cardFolder: folder,
        })
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
