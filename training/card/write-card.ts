// Writes a bundle's model card: the parts that are known, filled into the template, whose texts are people's.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CARD_FOLDER } from '../export/seal-bundle.ts';
import { TrainingError } from '../failure.ts';
import { type CardSources, collectParts } from './parts.ts';
import { fillTemplate, initialTemplate } from './template.ts';

const CARD_FILE = 'MODEL_CARD.md';
const TEMPLATE_FILE = 'template.md';

export interface WrittenCard {
  cardPath: string;
  templatePath: string;
  /** What there is nothing to tell about yet. */
  empty: string[];
}

/**
 * @param force replace a card that has no template beside it, so was written by hand
 * @throws TrainingError where there is such a card, or the run has no log of the model
 */
export async function writeCard({
  force,
  ...sources
}: Omit<CardSources, 'folder'> & { force: boolean }): Promise<WrittenCard> {
  const { directory } = sources.bundle;
  const folder = path.join(directory, CARD_FOLDER);
  const templatePath = path.join(folder, TEMPLATE_FILE);
  const cardPath = path.join(directory, CARD_FILE);
  const template = await readIfThere(templatePath);
  if (template === undefined && (await readIfThere(cardPath)) && !force) {
    throw new TrainingError(
      `${cardPath} was written by hand. Move its texts to ${templatePath}, or give --force to replace it.`,
    );
  }
  const parts = await collectParts({ ...sources, folder });
  const { card, empty } = fillTemplate(template ?? initialTemplate, parts);
  if (template === undefined) await writeFile(templatePath, initialTemplate);
  await writeFile(cardPath, card);
  return { cardPath, templatePath, empty };
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
