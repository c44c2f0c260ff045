// Loads a model bundle: checks its format and every file's hash before anything else is read.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  BUNDLE_FORMAT_VERSION,
  BundleManifest,
  PREPROCESSING_VERSION,
} from '@caption-queue/contract/bundle';
import { Calibration } from '@caption-queue/contract/calibration';
import Value from 'typebox/value';
import { loadLayersModel } from './layers-model/files.ts';
import type { LayersModel } from './layers-model/layers-model.ts';
import { captionEvidenceNames, tagEvidenceNames } from './trust/evidence.ts';
import type { Nouns } from './trust/nouns.ts';
import { type Vocabulary, vocabularyFromJson } from './vocabulary.ts';

export const DEFAULT_BUNDLE = 'flickr8k-attention';

/** The layers models in a bundle, each a folder of it. */
export type BundlePart =
  | 'encoder'
  | 'decoder/start'
  | 'decoder/step'
  | 'classifier'
  | 'noun-classifier'
  | 'kind-classifier';

export interface Bundle {
  readonly directory: string;
  readonly manifest: BundleManifest;
  /** SHA-256 of `bundle.json`, which holds the hashes of all other files: names the bundle exactly. */
  readonly hash: string;
  readonly vocabulary: Vocabulary;
  loadModel(part: BundlePart): Promise<LayersModel>;
  /** A bundle without them serves its encoder in fp32. */
  loadActivationRanges(): Promise<ActivationRanges>;
  /** Without one a bundle gives no tags, and no confidence. */
  readonly hasClassifier: boolean;
  /** Without it nothing is known of the kind of a picture, and all are taken for photos. */
  readonly hasKindClassifier: boolean;
  /** Names of the classifier's classes. */
  loadLabels(): Promise<string[]>;
  /** For each of the classes its own names, then its hypernyms. */
  loadWords(): Promise<string[][]>;
  /** What a calibrated bundle knows of its mistakes; `undefined` for one that never was calibrated. */
  loadTrust(): Promise<Trust | undefined>;
  loadProbe(): Promise<Probe>;
}

/** Of stored numbers: real = scale × (stored − zero point). */
export interface Range {
  scale: number;
  zeroPoint: number;
}

/** `activation-ranges.json`: Conv2D layer → the range of its output after ReLU, unsigned 8 bits. */
export type ActivationRanges = Record<string, Range>;

export interface Trust {
  words: string[][];
  nouns: Nouns;
  calibration: Calibration;
}

/** A photo's pixels and the pooled features that the int8 encoder makes of it on a CPU where it is right. */
export interface Probe {
  /** 299 × 299 × 3 */
  pixels: Uint8Array;
  /** `[2048]` */
  pooled: Float32Array;
}

/** The bundle can't be used; the message says why in one line. */
export class BundleError extends Error {
  override name = 'BundleError';
}

/**
 * @param nameOrPath a folder, or the name of one in the project's `models`
 * @throws BundleError when a file is missing, truncated, altered or of an unknown format
 */
export async function loadBundle(nameOrPath: string): Promise<Bundle> {
  const directory = bundleDirectory(nameOrPath);
  const manifestBytes = await readPart(directory, 'bundle.json');
  const manifest = parseManifest(manifestBytes, directory);
  await Promise.all(
    Object.entries(manifest.files).map(async ([path, expected]) => {
      if (sha256(await readPart(directory, path)) !== expected) {
        throw new BundleError(
          `${join(directory, path)} is not the file that bundle.json names (its SHA-256 differs). Restore the bundle.`,
        );
      }
    }),
  );
  const json = async (path: string): Promise<unknown> =>
    JSON.parse((await readPart(directory, path)).toString('utf8'));
  const loadWords = async () => (await json('words.json')) as string[][];
  return {
    directory,
    manifest,
    hash: sha256(manifestBytes),
    vocabulary: vocabularyFromJson((await json('vocabulary.json')) as string[]),
    loadModel: (part) => loadLayersModel(join(directory, part)),
    loadActivationRanges: async () => (await json('activation-ranges.json')) as ActivationRanges,
    hasClassifier: 'classifier/model.json' in manifest.files,
    hasKindClassifier: 'kind-classifier/model.json' in manifest.files,
    loadLabels: async () => (await json('labels.json')) as string[],
    loadWords,
    loadTrust: async () => {
      if (!('calibration.json' in manifest.files)) return undefined;
      const calibration = await json('calibration.json');
      if (!Value.Check(Calibration, calibration)) {
        const [first] = Value.Errors(Calibration, calibration);
        throw new BundleError(
          `${join(directory, 'calibration.json')}${first?.instancePath} ${first?.message}. Calibrate the bundle again.`,
        );
      }
      return {
        words: await loadWords(),
        nouns: (await json('nouns.json')) as Nouns,
        calibration,
      };
    },
    loadProbe: async () => {
      const pooled = await readPart(directory, 'probe/pooled.bin');
      return {
        pixels: await readPart(directory, 'probe/pixels.bin'),
        pooled: new Float32Array(new Uint8Array(pooled).buffer),
      };
    },
  };
}

/** @throws BundleError when it weighs evidence that this release doesn't look for: only a new calibration helps */
export function checkCalibration(
  { caption, phrase, tag }: Calibration,
  { directory }: Pick<Bundle, 'directory'>,
): void {
  const known: string[] = [...captionEvidenceNames, ...tagEvidenceNames];
  const weighed = [caption, phrase, tag].flatMap((chance) => Object.keys(chance?.weights ?? {}));
  const unknown = weighed.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new BundleError(
    `${join(directory, 'calibration.json')} weighs '${unknown}', which this release doesn't look for. Calibrate the bundle again.`,
  );
}

/**
 * A name has no slash and means a folder of the project's `models`; anything else is a path. The nearest `models` that has
 * it is meant, or, where none has it yet, the nearest.
 */
export function bundleDirectory(nameOrPath: string): string {
  if (/[/\\]/.test(nameOrPath)) return resolve(nameOrPath);
  const folders: string[] = [];
  for (let root = import.meta.dirname; root !== dirname(root); root = dirname(root)) {
    folders.push(join(root, 'models'));
  }
  const found =
    folders.find((folder) => existsSync(join(folder, nameOrPath))) ??
    folders.find((folder) => existsSync(folder));
  return join(found ?? 'models', nameOrPath);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readPart(directory: string, path: string): Promise<Buffer> {
  try {
    return await readFile(join(directory, path));
  } catch (cause) {
    throw new BundleError(
      `The model bundle lacks ${join(directory, path)}. Choose another with MODEL, or restore it.`,
      {
        cause,
      },
    );
  }
}

function parseManifest(bytes: Buffer, directory: string): BundleManifest {
  const path = join(directory, 'bundle.json');
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new BundleError(`${path} is not JSON. Restore the bundle.`, { cause });
  }
  const version = (json as { formatVersion?: unknown } | null)?.formatVersion;
  if (version !== BUNDLE_FORMAT_VERSION) {
    throw new BundleError(
      `${path} has format version ${version}; this release reads version ${BUNDLE_FORMAT_VERSION}.`,
    );
  }
  if (!Value.Check(BundleManifest, json)) {
    const [first] = Value.Errors(BundleManifest, json);
    throw new BundleError(`${path}${first?.instancePath} ${first?.message}.`);
  }
  const { version: preprocessing } = json.preprocessing;
  if (preprocessing !== PREPROCESSING_VERSION) {
    throw new BundleError(
      `${path} was trained on pixels made by ${preprocessing}; this release makes them by ${PREPROCESSING_VERSION}. Train or choose another bundle.`,
    );
  }
  return json;
}
