// The plots of an evaluation, in one folder. They show photos of the data set, so they stay with the run.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { scoringWords } from '../metrics/scored-caption.ts';
import { attentionOverlay } from './attention-overlay.ts';
import type { PhotoWithCaption } from './captioned-photo.ts';
import { contactSheet } from './contact-sheet.ts';
import { type Prediction, reliabilityPlot } from './reliability.ts';

export const RELIABILITY_FILE = 'reliability.svg';

/**
 * Writes `contact-sheet.html`, `reliability.svg` and, where words have attention weights, `attention.svg`.
 * @param photos all that were scored, at least one
 */
export async function writeEvaluationPlots({
  folder,
  title,
  photos,
  imageFolder,
}: {
  folder: string;
  title: string;
  photos: readonly PhotoWithCaption[];
  imageFolder: string;
}): Promise<void> {
  await mkdir(folder, { recursive: true });
  const write = (file: string, content: string) => writeFile(path.join(folder, file), content);
  await write('contact-sheet.html', await contactSheet({ title, photos, imageFolder }));
  await write(
    RELIABILITY_FILE,
    reliabilityPlot({
      subject: 'words',
      rightMeans: 'a reference has',
      predictions: wordPredictions(photos),
    }),
  );
  const overlay = await attentionOverlay({ photos, imageFolder });
  if (overlay) await write('attention.svg', overlay);
}

/**
 * A word's probability beside whether any reference of the photo has it. That is less than being true of the
 * photo: people leave much out that is there.
 */
function wordPredictions(photos: readonly PhotoWithCaption[]): Prediction[] {
  return photos.flatMap(({ words, references }) => {
    const said = new Set(references.flatMap(scoringWords));
    return words.map(({ text, logProb }) => ({
      probability: Math.exp(logProb),
      right: scoringWords(text).every((word) => said.has(word)),
    }));
  });
}
