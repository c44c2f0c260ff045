// The classifier's names for what is in a picture.

export interface Tag {
  name: string;
  /** The classifier's softmax. */
  confidence: number;
}

/** Less likely names are more often wrong than right. */
const LEAST_PROBABILITY = 0.1;
const MOST_TAGS = 5;

/** Surest first. */
export function tagsOf(probabilities: Float32Array, labels: readonly string[]): Tag[] {
  const tags: Tag[] = [];
  probabilities.forEach((confidence, index) => {
    if (confidence > LEAST_PROBABILITY) tags.push({ name: labels[index] as string, confidence });
  });
  return tags.sort((a, b) => b.confidence - a.confidence).slice(0, MOST_TAGS);
}
