// Lets a bundle caption photos of which it is known what they show, as it will when it serves.
import type { Bundle } from '@caption-queue/model/bundle';
import { createPictureCaptioner } from '@caption-queue/model/captioner';
import type { Encoder } from '@caption-queue/model/encoder';
import type { Engine } from '@caption-queue/model/engines/engine';
import type { Foundation } from './foundation.ts';
import { type JudgedPhoto, judgePhoto } from './judged-photo.ts';
import type { LabelledPhoto } from './labelled-photos.ts';
import { encodePhoto } from './pooled-features.ts';
import { createJudge } from './right.ts';

export async function observePhotos({
  photos,
  bundle,
  engine,
  encoder,
  foundation,
  onProgress,
}: {
  photos: readonly LabelledPhoto[];
  bundle: Bundle;
  engine: Engine;
  encoder: Encoder;
  foundation: Foundation;
  onProgress: (done: number) => void;
}): Promise<JudgedPhoto[]> {
  const words = await bundle.loadWords();
  const judge = createJudge(foundation.nouns, words);
  const insight = { words, ...foundation };
  const captioner = await createPictureCaptioner({ engine, bundle, insight });
  const options = { ...bundle.manifest.generation, alternatives: 1 };
  const judged: JudgedPhoto[] = [];
  for (const photo of photos) {
    const features = await encodePhoto(encoder, photo.file);
    const { insight, ...observation } = await captioner.observe({ features, options });
    if (insight) judged.push(judgePhoto(photo, { ...observation, insight }, judge));
    onProgress(judged.length);
  }
  await captioner.dispose();
  return judged;
}
