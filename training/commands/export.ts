// `export`: the best weights of a run become a bundle that serves.
import { bundleDirectory } from '@caption-queue/model/bundle';
import type { Command } from '../command-line/command.ts';
import { runFolder, runOption } from '../command-line/run-folder.ts';
import { encoderOption, findEncoder } from '../encoder-source.ts';
import { exportModel } from '../export/export-model.ts';
import { modelNames } from '../fit/model-soup.ts';

export const exportCommand: Command = {
  name: 'export',
  summary:
    'Writes the best weights of a run as a bundle: decoder (float16), vocabulary, encoder, classifier and probe, every file hashed.',
  options: {
    ...runOption,
    model: {
      description:
        "The model's folder below the run. The weights of several, by comma, are averaged; they must have begun with the same.",
      value: 'NAME',
      default: 'attention',
    },
    ...encoderOption,
    probe: {
      description:
        "Photo by which workers check their engine; it becomes part of the bundle. Default: that of the encoder's bundle.",
      value: 'FILE',
    },
    output: { description: 'The bundle: a name below models/, or a path.', value: 'NAME' },
    'bundle-version': { description: "The bundle's version.", value: 'TEXT', default: '1' },
    provenance: { description: 'What it was made from, in a sentence.', value: 'TEXT' },
    licence: { description: 'Terms of the weights.', value: 'TEXT' },
    force: { description: 'Replace a bundle that is there.' },
  },
  examples: ['--probe photo.jpg --output my-model --provenance "My photos" --licence CC0-1.0'],
  async run(options) {
    const encoder = await findEncoder(options.text('encoder'));
    const output = bundleDirectory(options.text('output'));
    const { best, hasSameEncoder } = await exportModel({
      run: runFolder(options),
      model: options.text('model'),
      encoder,
      probe: options.optionalText('probe') ?? encoder.probePixels ?? options.text('probe'),
      output,
      force: options.flag('force'),
      texts: {
        version: options.text('bundle-version'),
        provenance: options.text('provenance'),
        licence: options.text('licence'),
      },
    });
    if (!hasSameEncoder) {
      console.warn(
        'Warning: the features this decoder was trained on come from another encoder graph than the exported one.',
      );
    }
    const epoch = best.state.epochs.at(-1);
    const models = modelNames(options.text('model'));
    const weights =
      models.length > 1
        ? `, the mean of ${models.length} models.`
        : ` of epoch ${epoch?.epoch} (dev CIDEr ${epoch?.scores.cider.toFixed(3)}, greedy).`;
    console.log(`${output}: ${best.settings.decoder} decoder${weights}`);
    console.log(
      `\`npm run train -- evaluate --bundle ${output} --data FOLDER --record\` adds its dev figures.`,
    );
  },
};
