// A photo with what a model said of it, as the plots of an evaluation show it.
import type { GeneratedWord } from '@caption-queue/model/generation/streamer';

export interface PhotoWithCaption {
  /** Below the data set's folder of images. */
  file: string;
  references: readonly string[];
  caption: string;
  words: readonly GeneratedWord[];
}

/** Every n-th, so that they come from the whole split. */
export function sample<T>(values: readonly T[], count: number): T[] {
  const step = Math.max(1, values.length / count);
  return Array.from(
    { length: Math.min(count, values.length) },
    (_, index) => values[Math.floor(index * step)] as T,
  );
}
