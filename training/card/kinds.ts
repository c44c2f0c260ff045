// What the model card says about kinds of pictures: the figures that `kinds` left in the run's folder.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { KINDS_REPORT } from '../kinds/report.ts';
import { paragraphs } from './markdown.ts';

/** @param kinds folder of the bundle's kinds */
export async function kindsSection(kinds: string): Promise<string> {
  const report = await readFile(path.join(kinds, KINDS_REPORT), 'utf8').catch(() => undefined);
  if (report === undefined) return '';
  return paragraphs(
    'Only photos get sentences. What kind of picture it is is told from the same features, by a linear classifier. On pictures of sources that it was not taught (rows: what they are; columns: what they were taken for):',
    report.trim(),
  );
}
