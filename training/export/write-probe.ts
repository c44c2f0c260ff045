// The probe of a bundle: a picture and its features, by which workers check their engine.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pooledOf } from '@caption-queue/model/encoder';

/**
 * @param folder of the bundle
 * @param pixels 299 × 299 × 3
 * @param grid what the bundle's encoder makes of them here, `[64, 2048]`
 */
export async function writeProbe(
  folder: string,
  { pixels, grid }: { pixels: Uint8Array; grid: Float32Array },
): Promise<void> {
  await mkdir(path.join(folder, 'probe'), { recursive: true });
  await writeFile(path.join(folder, 'probe/pixels.bin'), pixels);
  await writeFile(path.join(folder, 'probe/pooled.bin'), new Uint8Array(pooledOf(grid).buffer));
}
