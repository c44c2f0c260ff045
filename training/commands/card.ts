// `card`: writes a bundle's model card from what its run knows and from what people wrote.
import { loadBundle } from '@caption-queue/model/bundle';
import { writeCard } from '../card/write-card.ts';
import type { Command } from '../command-line/command.ts';
import { runFolder, runOption } from '../command-line/run-folder.ts';

export const cardCommand: Command = {
  name: 'card',
  summary:
    "Writes a bundle's MODEL_CARD.md: data, commands, settings, times, dev figures, curves and captions, filled into card/template.md, whose texts are yours. Run it again whenever either changed.",
  options: {
    bundle: { description: 'Bundle: a name below models/, or a path.', value: 'NAME' },
    ...runOption,
    model: {
      description: "The model's folder below the run; several, by comma, as `export` had them.",
      value: 'NAME',
      default: 'attention',
    },
    photos: {
      description:
        'Folder of photos whose captions are shown. Small copies of them become part of the bundle, so take photos that you may publish.',
      value: 'FOLDER',
    },
    'copy-side': {
      description:
        'Also caption copies of these photos with so many pixels a side, as small as the training photos were.',
      value: 'N',
    },
    force: { description: 'Replace a card that was not made by this command.' },
  },
  examples: [
    '--bundle my-model --run mine',
    '--bundle flickr8k-attention --photos test/fixtures/photos --copy-side 224',
  ],
  async run(options) {
    const { cardPath, templatePath, empty } = await writeCard({
      bundle: await loadBundle(options.text('bundle')),
      run: runFolder(options),
      model: options.text('model'),
      photos: options.optionalText('photos'),
      copySide: options.optionalNumber('copy-side', { minimum: 16, integer: true }),
      force: options.flag('force'),
    });
    console.log(`Written to ${cardPath}.`);
    if (empty.length > 0) {
      console.log(
        `Nothing to tell yet about: ${empty.join('; ')}. Your texts go to ${templatePath}.`,
      );
    }
  },
};
