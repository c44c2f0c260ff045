// Prepares a data set for a run: cleaned captions, vocabulary and plots of both, in the run's folder.
import type { RunFolder } from '../command-line/run-folder.ts';
import { writeCaptionPlots } from '../plots/caption-plots.ts';
import { someOf } from './layout.ts';
import type { CaptionDataset } from './photo-captions.ts';
import { type PreparationCounts, prepareCaptions } from './prepare-captions.ts';
import { savePrepared } from './prepared.ts';

/** Of Flickr8k's captions 1.5 % are longer. */
export const USUAL_MAXIMUM_WORDS = 20;

/** @returns what was counted, for people: a name and a value each */
export async function prepareRun(
  run: RunFolder,
  {
    dataset,
    minimumCount,
    maximumWords = USUAL_MAXIMUM_WORDS,
  }: { dataset: CaptionDataset; minimumCount?: number | undefined; maximumWords?: number },
): Promise<[string, string][]> {
  const prepared = prepareCaptions(dataset, { minimumCount, maximumWords });
  await savePrepared(run, prepared);
  await writeCaptionPlots(run.root, prepared);
  const { counts, vocabulary } = prepared;
  return rowsOf(counts, { dataset, maximumWords, vocabularySize: vocabulary.size });
}

function rowsOf(
  counts: PreparationCounts,
  {
    dataset: { uncaptioned },
    maximumWords,
    vocabularySize,
  }: { dataset: CaptionDataset; maximumWords: number; vocabularySize: number },
): [string, string][] {
  const rows: [string, string][] = [
    ['photos', `${counts.trainPhotos} train, ${counts.devPhotos} dev`],
    ['training captions', String(counts.captions)],
    ['dropped, empty', String(counts.droppedEmpty)],
    ['dropped, repeated', String(counts.droppedRepeated)],
    [`longer than ${maximumWords} words`, `${counts.cut} (cut in training)`],
    ['words', `${counts.words}, ${counts.distinctWords} different`],
    [
      'vocabulary',
      `${vocabularySize} tokens: words used at least ${times(counts.minimumCount)}, ${(100 * counts.coverage).toFixed(2)} % of all`,
    ],
  ];
  if (uncaptioned.length > 0) {
    rows.push([
      'without caption',
      `${uncaptioned.length} pictures, not used: ${someOf(uncaptioned)}`,
    ]);
  }
  return rows;
}

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);
