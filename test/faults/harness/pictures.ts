// Pictures for the proofs: small, since it is not their size that matters, and one that kills.
import sharp from 'sharp';
import { variedPhotos } from '../../support/pictures/varied-photos.ts';
import { deadlyColour } from './injected-faults.ts';
import { seed } from './seed.ts';

const SIDE = 96;

/** Different ones, by the seed. */
export async function smallPhotos(count: number): Promise<Uint8Array[]> {
  const photos = await variedPhotos(count, seed);
  return Promise.all(photos.map((photo) => sharp(photo).resize(SIDE, SIDE).jpeg().toBuffer()));
}

/** The encoder of the test build dies of it each time. */
export function deadlyPicture(): Promise<Uint8Array> {
  const [r, g, b] = deadlyColour;
  const create = { width: 32, height: 32, channels: 3, background: { r, g, b } } as const;
  return sharp({ create }).png().toBuffer();
}
