// The model bundle: everything that turns a picture into a sentence, as files with hashes.
import Type from 'typebox';

export const BUNDLE_FORMAT_VERSION = 1;

/** Pixels that enter the encoder: 299 × 299 RGB, one byte each. */
export const IMAGE_SIZE = 299;
export const PIXELS_BYTES = IMAGE_SIZE * IMAGE_SIZE * 3;

/**
 * Names how a photo becomes those pixels (shared/imaging): part of the feature cache's key and of every
 * bundle, which is only used with the pixels it was trained on. Change it whenever the same photo would
 * give other pixels.
 */
export const PREPROCESSING_VERSION = 'rgb-299-fill-linear-1';

/** The grid at `mixed10`: [8, 8, 2048], row by row. Its mean over the cells is the pooled vector. */
export const GRID_CELLS = 64;
export const FEATURE_SIZE = 2048;

export const GenerationDefaults = Type.Object({
  beamWidth: Type.Integer({ minimum: 1, maximum: 10 }),
  maxLength: Type.Integer({ minimum: 1, maximum: 50 }),
  lengthPenalty: Type.Number({ description: 'Scores are log-probability ÷ length^penalty.' }),
});
export type GenerationDefaults = Type.Static<typeof GenerationDefaults>;

export const DecoderKind = Type.Enum(['merge', 'attention']);
export type DecoderKind = Type.Static<typeof DecoderKind>;

/** `bundle.json` */
export const BundleManifest = Type.Object({
  formatVersion: Type.Literal(BUNDLE_FORMAT_VERSION),
  name: Type.String(),
  version: Type.String(),
  preprocessing: Type.Object({
    version: Type.String({ description: 'Changes when the same photo would give other pixels.' }),
    imageSize: Type.Literal(IMAGE_SIZE),
    scale: Type.Literal('x/127.5-1'),
  }),
  encoder: Type.Object({ layer: Type.String({ description: 'Cut at this layer.' }) }),
  decoder: Type.Object({ kind: DecoderKind }),
  generation: GenerationDefaults,
  metrics: Type.Record(Type.String(), Type.Number(), {
    description: 'Measured on the dev split, e.g. bleu4, cider.',
  }),
  provenance: Type.String(),
  licence: Type.String(),
  files: Type.Record(Type.String(), Type.String(), {
    description: 'Every other file of the bundle → its SHA-256, hexadecimal.',
  }),
});
export type BundleManifest = Type.Static<typeof BundleManifest>;
