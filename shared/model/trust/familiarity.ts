// How much of what the classifier sees in a picture the training photos had.

/** A class that no training photo shows still counts for this many photos in a thousand. */
const SMOOTHING = 0.02;

/**
 * Σ p(class) · ln(1000 · mean p(class) over the training photos + 0.02): above 0 for pictures like those, under 0
 * for others.
 * @param probabilities of the classes in this picture
 * @param meanProbabilities of the classes over the training photos
 */
export function familiarity(
  probabilities: Float32Array,
  meanProbabilities: readonly number[],
): number {
  let sum = 0;
  probabilities.forEach((probability, index) => {
    sum += probability * Math.log(1000 * (meanProbabilities[index] as number) + SMOOTHING);
  });
  return sum;
}
