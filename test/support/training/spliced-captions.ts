// Deterministic 'hypotheses' from a real dev split: each is the first half of one caption of the photo and the
// second half of one of the next photo's, scored against all five captions of the photo.
import { readDataset } from '@caption-queue/training/dataset/read-dataset';
import { type ScoredCaption, scoringWords } from '@caption-queue/training/metrics/scored-caption';

export async function splicedCaptions(folder: string): Promise<ScoredCaption[]> {
  const { dev } = await readDataset(folder);
  return dev.map(({ captions }, index) => {
    const next = dev[(index + 1) % dev.length] as (typeof dev)[number];
    const own = scoringWords(captions[index % 5] as string);
    const other = scoringWords(next.captions[(index + 2) % 5] as string);
    return {
      hypothesis: [...own.slice(0, own.length >> 1), ...other.slice(other.length >> 1)],
      references: captions.map(scoringWords),
    };
  });
}
