// `calibrate`: teaches a bundle how far its captions can be trusted.

import { loadBundle } from '@caption-queue/model/bundle';
import {
  calibrateBundle,
  DEFAULT_MIN_CONFIDENCE,
  GUIDANCE_BONUS,
} from '../calibration/calibrate-bundle.ts';
import { FEWEST_TO_FIT } from '../calibration/chances.ts';
import { type LabelledPhotos, readLabelledPhotos } from '../calibration/labelled-photos.ts';
import { reportOf, reportText, writeReport } from '../calibration/report.ts';
import { copyBundle, saveCalibration } from '../calibration/save.ts';
import type { Command, Options } from '../command-line/command.ts';
import { followPhotos } from '../command-line/progress.ts';
import { runFolder, runOption } from '../command-line/run-folder.ts';
import { TrainingError } from '../failure.ts';

export const calibrateCommand: Command = {
  name: 'calibrate',
  summary: `Teaches a bundle how far its captions can be trusted: writes confidence, tags' chances and the default of min_confidence into it, from photos of which it is known what they show. With fewer than ${FEWEST_TO_FIT} of them it only adjusts what an earlier calibration found.`,
  options: {
    bundle: { description: 'Bundle: a name below models/, or a path.', value: 'NAME' },
    data: {
      description: 'Folder of captioned photos, in any layout that `prepare` reads.',
      value: 'FOLDER',
    },
    split: {
      description:
        '`dev`: the photos of --data that were kept from training; `all`: all of them, when the model was trained on others.',
      value: 'NAME',
      default: 'dev',
    },
    unseen: {
      description:
        'Folder of more captioned photos, none of which was trained on; all of them are used.',
      value: 'FOLDER',
      repeatable: true,
    },
    named: {
      description:
        'Folder of photos with a CSV whose first line has file,words: all words that are right for a photo, separated by |.',
      value: 'FOLDER',
      repeatable: true,
    },
    'min-confidence': {
      description: `From which chance on something is published when a request doesn't say. Default: ${DEFAULT_MIN_CONFIDENCE}, or what an earlier calibration has.`,
      value: 'X',
    },
    'guidance-bonus': {
      description: 'Nats in the beam for naming what the classifier is sure of; 0 for no guidance.',
      value: 'X',
      default: String(GUIDANCE_BONUS),
    },
    output: {
      description:
        'Leave the bundle as it is and write a calibrated copy: a name below models/, or a path.',
      value: 'NAME',
    },
    'bundle-version': {
      description: 'Version of the calibrated bundle. Default: as it was.',
      value: 'TEXT',
    },
    'dry-run': { description: 'Print the figures and leave the bundle as it is.' },
    threads: { description: 'Threads inside one operation.', value: 'N', default: '2' },
    ...runOption,
  },
  examples: [
    '--bundle flickr8k-attention --data ~/flickr8k --unseen ~/coco-sample --named ~/imagenet-sample',
    '--bundle flickr8k-attention --data ~/my-photos --split all --output my-captions',
  ],
  async run(options) {
    const bundle = await loadBundle(options.text('bundle'));
    const folder = runFolder(options).calibration(bundle.manifest.name);
    const { calibration, foundation, judged, assessed } = await calibrateBundle({
      bundle,
      ...(await photosOf(options)),
      guidanceBonus: options.number('guidance-bonus', { minimum: 0 }),
      minConfidence: options.optionalNumber('min-confidence', { minimum: 0, maximum: 1 }),
      threads: options.number('threads', { minimum: 1, integer: true }),
      folder,
      startProgress: followPhotos,
    });

    const report = reportOf(assessed, calibration.minConfidence);
    console.log(reportText(report));
    await writeReport(folder, { report, assessed, judged });
    if (options.flag('dry-run')) return;
    const output = options.optionalText('output');
    const target = output ? await copyBundle(bundle, output) : bundle;
    await saveCalibration(target, {
      calibration,
      foundation,
      version: options.optionalText('bundle-version') ?? bundle.manifest.version,
    });
    console.log(`\n${target.directory} is calibrated. Restart the services that use it.`);
  },
};

async function photosOf(options: Options): Promise<LabelledPhotos> {
  const split = options.oneOf('split', ['dev', 'all'] as const);
  const data = options.optionalText('data');
  const [unseen, named] = [options.list('unseen'), options.list('named')];
  if (!data && unseen.length + named.length === 0) {
    throw new TrainingError(
      'Give captioned photos by --data or --unseen, named ones by --named, or all of these: the more sets, the better the confidence holds elsewhere.',
    );
  }
  return readLabelledPhotos({ data, split, unseen, named });
}
