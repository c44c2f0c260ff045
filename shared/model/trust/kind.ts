// What kind of picture it is, from the encoder's pooled features.
import { describedKinds, type PictureKind, pictureKinds } from '@caption-queue/contract/kind';

export interface KindOfPicture {
  kind: PictureKind;
  /** That it is of this kind. */
  confidence: number;
  /** That it is a photo, whatever it was taken for. */
  photoChance: number;
}

/** Whether sentences about it are published. @param kind `undefined` where kinds are not told apart */
export const isDescribed = (
  kind: KindOfPicture | undefined,
  kinds: readonly PictureKind[] = describedKinds,
): boolean => kind === undefined || kinds.includes(kind.kind);

/** Told by pixels alone. */
export const certainlyBlank: KindOfPicture = { kind: 'blank', confidence: 1, photoChance: 0 };

/**
 * The likeliest kind. How much more evidence it takes to call a photo something else is in the classifier's bias.
 * @param probabilities in the order of `pictureKinds`
 */
export function likeliestKind(probabilities: Float32Array): KindOfPicture {
  const confidence = Math.max(...probabilities);
  return {
    kind: pictureKinds[probabilities.indexOf(confidence)] as PictureKind,
    confidence,
    photoChance: probabilities[pictureKinds.indexOf('photo')] as number,
  };
}
