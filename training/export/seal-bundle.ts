// Turns a folder of model files into a bundle: writes bundle.json with every file's hash.
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BUNDLE_FORMAT_VERSION, type BundleManifest } from '@caption-queue/contract/bundle';
import { type Bundle, sha256 } from '@caption-queue/model/bundle';
import { listFiles } from '@caption-queue/runtime/list-files';

/** The pictures and the template of MODEL_CARD.md. */
export const CARD_FOLDER = 'card';

/** Hashes all files under `directory`, except what is for people (`.md` and `card/`), and writes `bundle.json`. */
export async function sealBundle(
  directory: string,
  manifest: Omit<BundleManifest, 'files' | 'formatVersion'>,
): Promise<void> {
  const paths = listFiles(directory)
    .filter((path) => basename(path) !== 'bundle.json' && !path.endsWith('.md'))
    .filter((path) => !path.startsWith(`${CARD_FOLDER}/`))
    .sort();
  const files: Record<string, string> = {};
  for (const path of paths) files[path] = sha256(await readFile(join(directory, path)));
  const complete: BundleManifest = { formatVersion: BUNDLE_FORMAT_VERSION, ...manifest, files };
  await writeFile(join(directory, 'bundle.json'), `${JSON.stringify(complete, null, 2)}\n`);
}

/** Seals a bundle anew after its files changed, or what its manifest says of it: its hash changes. */
export async function resealBundle(
  { directory, manifest }: Bundle,
  changes: Partial<Pick<BundleManifest, 'version' | 'metrics'>>,
): Promise<void> {
  const { files: _, formatVersion: __, ...described } = manifest;
  await sealBundle(directory, { ...described, ...changes });
}
