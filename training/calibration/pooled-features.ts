// Pooled features of many photos by a bundle's own encoder, kept in the run's folder: they take minutes.
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { sha256 } from '@caption-queue/model/bundle';
import { type Encoder, pooledOf } from '@caption-queue/model/encoder';
import { unpackGrid } from '@caption-queue/model/features';

/** How a picture's bytes are read: as they are, or as somebody might have changed them. */
export interface ReadPicture {
  /** Names what is changed; other readings of the same files have other features. */
  name: string;
  read(file: string, index: number): Promise<Uint8Array>;
}

const asTheyAre: ReadPicture = { name: '', read: (file) => readFile(file) };

/**
 * @param folder where they are kept, for the same encoder and photos
 * @returns `[photos, 2048]`
 */
export async function poolPhotos({
  files,
  encoder,
  folder,
  reading = asTheyAre,
  onProgress,
}: {
  files: readonly string[];
  encoder: Encoder;
  folder: string;
  reading?: ReadPicture;
  onProgress: (done: number) => void;
}): Promise<Float32Array> {
  // Another encoder's, or of other photos, are others.
  const key = sha256(Buffer.from([encoder.graphHash, reading.name, ...files].join('\n'))).slice(
    0,
    16,
  );
  const kept = path.join(folder, `pooled-${key}.f32`);
  const bytes = files.length * FEATURE_SIZE * Float32Array.BYTES_PER_ELEMENT;
  if ((await stat(kept).catch(() => undefined))?.size === bytes) {
    return new Float32Array(new Uint8Array(await readFile(kept)).buffer);
  }
  const pooled = new Float32Array(files.length * FEATURE_SIZE);
  for (const [index, file] of files.entries()) {
    const features = await encodeBytes(encoder, await reading.read(file, index));
    pooled.set(pooledOf(unpackGrid(features)), index * FEATURE_SIZE);
    onProgress(index + 1);
  }
  await mkdir(folder, { recursive: true });
  await writeFile(`${kept}.part`, new Uint8Array(pooled.buffer));
  await rename(`${kept}.part`, kept);
  return pooled;
}

export async function encodePhoto(encoder: Encoder, file: string): Promise<Uint8Array> {
  return encodeBytes(encoder, await readFile(file));
}

async function encodeBytes(encoder: Encoder, bytes: Uint8Array): Promise<Uint8Array> {
  const { pixels } = await normaliseImage(bytes);
  return encoder.encode(pixels);
}
