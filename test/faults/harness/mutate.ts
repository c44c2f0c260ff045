// Damages pictures as the seed has it: bytes overwritten, mostly in the header, and now and then the end cut off.
import sharp from 'sharp';
import type { Random } from '../../support/numbers/random.ts';
import { readHeic } from '../../support/pictures/heif.ts';
import { readPhoto } from '../../support/pictures/pictures.ts';

const formats = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const;
/** Formats keep their structure at the beginning, where changes do the most. */
const HEADER_BYTES = 400;
const MOST_CHANGES = 8;
const CUT_SHARE = 0.1;

/** @returns what makes another damaged picture each time */
export async function createMutator(random: Random): Promise<() => Buffer> {
  const photo = await sharp(readPhoto('cat.jpg')).resize(160).toBuffer();
  const originals: Buffer[] = await Promise.all(
    formats.map((format) => sharp(photo).toFormat(format).withMetadata().toBuffer()),
  );
  originals.push(readHeic('photo'));
  const below = (limit: number) => Math.floor(random() * limit);
  return () => {
    const bytes = Buffer.from(originals[below(originals.length)] ?? photo);
    for (let changes = 1 + below(MOST_CHANGES); changes > 0; changes -= 1) {
      bytes[below(random() < 0.5 ? HEADER_BYTES : bytes.length)] = below(256);
    }
    return random() < CUT_SHARE ? bytes.subarray(0, below(bytes.length)) : bytes;
  };
}
