// The container of AVIF and HEIC (ISO/IEC 23008-12): which coding is inside, and the brands that say so.
//
// Phones and cameras write many brands, some of which name no coding; then the boxes tell.

/** An `ftyp` box names a handful of brands; more than this is no real file. */
const MAX_FTYP_BYTES = 256;
/** Where the boxes that describe a picture's coding are found; they come before its pixels. */
const MAX_SEARCHED_BYTES = 64 * 1024;

const AV1 = new Set(['avif', 'avis']);
const HEVC = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);
/** These say that it is a picture or a sequence of them, and nothing of the coding. */
const ANY = new Set(['mif1', 'mif2', 'msf1', 'miaf']);

const BRANDS_OFFSET = 8;
const COMPATIBLE_OFFSET = 16;

/** @returns the major brand and then the compatible ones; none when the file begins otherwise */
export function brandsOf(bytes: Uint8Array): string[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 16 || file.toString('latin1', 4, 8) !== 'ftyp') return [];
  const end = Math.min(file.readUInt32BE(0), file.length, MAX_FTYP_BYTES);
  const brands: string[] = [];
  // Four bytes of version follow the major brand.
  for (let offset = BRANDS_OFFSET; offset + 4 <= end; offset += offset === BRANDS_OFFSET ? 8 : 4) {
    brands.push(file.toString('latin1', offset, offset + 4));
  }
  return brands;
}

/** @returns how the picture is coded, `undefined` when this is no HEIF or has another coding */
export function heifCoding(bytes: Uint8Array): 'av1' | 'hevc' | undefined {
  const brands = brandsOf(bytes);
  if (brands.some((brand) => AV1.has(brand))) return 'av1';
  if (brands.some((brand) => HEVC.has(brand))) return 'hevc';
  if (!brands.some((brand) => ANY.has(brand))) return undefined;
  const boxes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(
    0,
    MAX_SEARCHED_BYTES,
  );
  if (boxes.includes('av1C')) return 'av1';
  return boxes.includes('hvcC') ? 'hevc' : undefined;
}

const isOfSequences = (brand: string) => brand === 'avis' || brand === 'msf1';

/**
 * libvips knows AVIF by a few major brands only, and `avis` of animated ones is not among them, though their first
 * picture is an AVIF like any other.
 *
 * @returns the same file as a still picture
 */
export function asStillAvif(bytes: Uint8Array): Uint8Array {
  const [major, ...compatible] = brandsOf(bytes);
  if (major === 'avif' && !compatible.some(isOfSequences)) return bytes;
  const still = Uint8Array.from(bytes);
  still.set(Buffer.from('avif'), BRANDS_OFFSET);
  compatible.forEach((brand, n) => {
    // One of them has to say that there is a picture.
    if (n === 0 || isOfSequences(brand)) still.set(Buffer.from('mif1'), COMPATIBLE_OFFSET + 4 * n);
  });
  return still;
}
