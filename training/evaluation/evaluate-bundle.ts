// Captions photos with a bundle and scores the captions against what people wrote.
import { openFeatureFile, readIndex } from '../features/feature-file.ts';
import { type CaptionScores, scoreCaptions } from '../metrics/score-captions.ts';
import { scoringWords } from '../metrics/scored-caption.ts';
import type { PhotoWithCaption } from '../plots/captioned-photo.ts';
import { type CaptionedSplit, captionSplit, type SplitRequest } from './caption-split.ts';

export interface Evaluation extends Pick<CaptionedSplit, 'captionsPerSecond' | 'cached'> {
  captioned: PhotoWithCaption[];
  scores: CaptionScores;
}

/** @param featuresFolder of the run, whose features are used where there are any */
export async function evaluateBundle({
  featuresFolder,
  ...request
}: Omit<SplitRequest, 'features'> & { featuresFolder: string }): Promise<Evaluation> {
  const hasFeatures = (await readIndex(featuresFolder)) !== undefined;
  const features = hasFeatures ? await openFeatureFile(featuresFolder) : undefined;
  const { captions, captionsPerSecond, cached } = await captionSplit({ ...request, features });
  features?.close();
  const captioned = request.photos.map(({ file, captions: references }, index) => {
    const { caption, words } = captions[index] as (typeof captions)[number];
    return { file, caption, words, references };
  });
  const scores = scoreCaptions(
    captioned.map(({ caption, references }) => ({
      hypothesis: scoringWords(caption),
      references: references.map(scoringWords),
    })),
  );
  return { captioned, scores, captionsPerSecond, cached };
}

/** For people: a name and a value each. */
export function scoreRows({
  captioned,
  scores,
  captionsPerSecond,
  cached,
}: Evaluation): [string, string][] {
  const share = (value: number) => value.toFixed(4);
  return [
    ['photos', `${captioned.length} (${cached} with features from the run)`],
    ['BLEU-1', share(scores.bleu1)],
    ['BLEU-2', share(scores.bleu2)],
    ['BLEU-3', share(scores.bleu3)],
    ['BLEU-4', share(scores.bleu4)],
    ['ROUGE-L', share(scores.rougeL)],
    ['CIDEr-D', share(scores.cider)],
    ['distinct captions', String(scores.distinctCaptions)],
    ['distinct words', String(scores.distinctWords)],
    ['words a caption', scores.meanLength.toFixed(2)],
    ['captions a second', `${captionsPerSecond.toFixed(1)} (generation alone)`],
  ];
}
