// `kinds`: teaches a bundle what kind of picture it sees.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadBundle } from '@caption-queue/model/bundle';
import { copyBundle } from '../calibration/save.ts';
import { paragraphs } from '../card/markdown.ts';
import type { Command } from '../command-line/command.ts';
import { followPhotos } from '../command-line/progress.ts';
import { runFolder, runOption } from '../command-line/run-folder.ts';
import { resealBundle } from '../export/seal-bundle.ts';
import { saveLayersModel } from '../export/store-model.ts';
import { GRAPHICS_FILE } from '../kinds/graphics.ts';
import { learnKinds } from '../kinds/learn-kinds.ts';
import { listPictures } from '../kinds/pictures.ts';
import { KINDS_REPORT, kindsReport } from '../kinds/report.ts';

export const kindsCommand: Command = {
  name: 'kinds',
  summary:
    'Teaches a bundle what kind of picture it sees (photo, drawing, screenshot, chart, document, blank), so that only photos get sentences: writes kind-classifier/ into it, from pictures of which the kind is known.',
  options: {
    bundle: { description: 'Bundle: a name below models/, or a path.', value: 'NAME' },
    graphics: {
      description: `Folder of pictures with a ${GRAPHICS_FILE} whose first line is file,kind,source,split; \`node scripts/gather-graphics.mjs\` makes one.`,
      value: 'FOLDER',
    },
    data: {
      description:
        'Folder of captioned photos: those of the train split are learned from, those of the dev split only measured on.',
      value: 'FOLDER',
    },
    photos: { description: 'Folder of more photos.', value: 'FOLDER', repeatable: true },
    'held-out-photos': {
      description: 'Folder of photos that are only measured on.',
      value: 'FOLDER',
      repeatable: true,
    },
    output: {
      description:
        'Leave the bundle as it is and write a copy that knows: a name below models/, or a path.',
      value: 'NAME',
    },
    'bundle-version': { description: 'Version of the bundle. Default: as it was.', value: 'TEXT' },
    'dry-run': { description: 'Print the figures and leave the bundle as it is.' },
    threads: { description: 'Threads inside one operation.', value: 'N', default: '2' },
    ...runOption,
  },
  examples: [
    '--bundle flickr8k-attention --graphics ~/graphics --data ~/flickr8k --held-out-photos ~/coco-sample',
  ],
  async run(options) {
    const bundle = await loadBundle(options.text('bundle'));
    const folder = runFolder(options).kinds(bundle.manifest.name);
    const pictures = await listPictures({
      graphics: options.text('graphics'),
      data: options.optionalText('data'),
      photos: options.list('photos'),
      heldOutPhotos: options.list('held-out-photos'),
    });
    const { model, judged } = await learnKinds({
      bundle,
      pictures,
      threads: options.number('threads', { minimum: 1, integer: true }),
      folder,
      startProgress: followPhotos,
    });
    const report = kindsReport(judged);
    console.log(paragraphs('On pictures of sources that it was not taught:', report));
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, KINDS_REPORT), `${report}\n`);
    if (options.flag('dry-run')) return;
    const output = options.optionalText('output');
    const target = output ? await copyBundle(bundle, output) : bundle;
    await saveLayersModel(model, path.join(target.directory, model.name));
    const version = options.optionalText('bundle-version') ?? bundle.manifest.version;
    await resealBundle(target, { version });
    console.log(`\n${target.directory} knows kinds. Restart the services that use it.`);
  },
};
