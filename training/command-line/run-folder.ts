// The folder of a run: everything that its sub-commands make and hand to each other.
//   captions.json, vocabulary.json   prepare, with plots of both
//   features/output/                 features
//   features/<layer>/                features --layer
//   <model>/                         fit
//   evaluation/<bundle>/             evaluate: contact sheet and plots
//   calibration/<bundle>/            calibrate: figures and the reliability plot
//   kinds/<bundle>/                  kinds: figures, features
import path from 'node:path';
import type { OptionDescription, Options } from './command.ts';

export const runOption: Record<'run', OptionDescription> = {
  run: {
    description: 'Name of the run, a folder below runs/, or a path.',
    value: 'NAME',
    default: 'flickr8k',
  },
};

export interface RunFolder {
  root: string;
  captions: string;
  vocabulary: string;
  /** Where the grids of a layer lie; default: of the encoder's output. */
  features(layer?: string): string;
  /** Where the plots of a bundle's evaluation lie. */
  evaluation(bundle: string): string;
  /** Where the figures and the plot of a bundle's calibration lie. */
  calibration(bundle: string): string;
  /** Where the figures and features of a bundle's kinds lie. */
  kinds(bundle: string): string;
}

/** A name has no slash; anything else is a path. */
export function runFolder(options: Options): RunFolder {
  const name = options.text('run');
  const root = /[/\\]/.test(name) ? path.resolve(name) : path.resolve('runs', name);
  return {
    root,
    captions: path.join(root, 'captions.json'),
    vocabulary: path.join(root, 'vocabulary.json'),
    features: (layer = 'output') => path.join(root, 'features', layer),
    evaluation: (bundle) => path.join(root, 'evaluation', bundle),
    calibration: (bundle) => path.join(root, 'calibration', bundle),
    kinds: (bundle) => path.join(root, 'kinds', bundle),
  };
}
