// `node scripts/train-default-model.mjs --data FOLDER --encoder NAME --output NAME [--graphics FOLDER] [--unseen
// FOLDER] [--named FOLDER] [--run NAME]`: the
// default model from features to card, as it was made. Each step goes on where it stopped, so this can be run again.
import './lib/node-version.mjs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runInForeground } from './lib/processes.mjs';
import { Refusal, runCommand } from './lib/report.mjs';

const program = fileURLToPath(new URL('run.mjs', import.meta.url));
const probe = fileURLToPath(new URL('../test/fixtures/photos/cat.jpg', import.meta.url));
const PROVENANCE =
  "InceptionV3 trained on ImageNet (TF-Slim, quantisation in the loop); its blocks mixed9 and mixed10 and the attention decoder trained on Flickr8k's train split by this project's command line, seed 1";
const LICENCE =
  'See models/LICENSE.md: derived from ImageNet and Flickr8k (research terms), words from WordNet 3.0';
const usage =
  'Usage: node scripts/train-default-model.mjs --data FOLDER (Flickr8k) --encoder NAME (a bundle or folder with the ImageNet encoder) --output NAME [--graphics FOLDER (of scripts/gather-graphics.mjs, for kinds)] [--unseen FOLDER (captioned photos for calibration)] [--named FOLDER (photos with file,words for calibration)] [--run NAME]';

await runCommand(async () => {
  const { data, encoder, output, graphics, unseen, named, run } = readOptions();
  const others = [
    ...unseen.flatMap((folder) => ['--unseen', folder]),
    ...named.flatMap((folder) => ['--named', folder]),
  ];
  const from = ['--encoder', encoder];
  const photos = ['--data', data];
  const tuning = ['--tune', 'mixed8', ...from];
  const words = (/** @type {string} */ text) => text.split(' ');
  /** @type {[command: string, ...options: string[]]} */
  const kinds = ['kinds', '--bundle', output, '--graphics', graphics ?? '', ...photos];
  /** @type {[command: string, ...options: string[]][]} */
  const steps = [
    ['prepare', ...photos],
    ['features', ...photos, ...from, '--flip'],
    ['fit', ...words('--epochs 6')],
    // The blocks above mixed8 with the decoder, then the decoder alone on the reward of its captions.
    ['features', ...photos, ...from, ...words('--flip --layer mixed8')],
    [
      'fit',
      ...words('--model tuned --from attention --rate 0.0005 --averaging 0.998'),
      ...words('--epochs 6 --patience 6'),
      ...tuning,
    ],
    [
      'fit',
      ...words('--model final --from tuned --self-critical --rate 0.00004'),
      ...words('--epochs 4 --patience 4'),
      ...tuning,
      ...words('--tune-rate 0 --distillation 0'),
    ],
    [
      'export',
      ...words('--model final --bundle-version 3 --force'),
      ...from,
      '--probe',
      probe,
      '--output',
      output,
      '--provenance',
      PROVENANCE,
      '--licence',
      LICENCE,
    ],
    ...(graphics ? [kinds] : []),
    ['calibrate', '--bundle', output, ...photos, ...others],
    ['evaluate', '--bundle', output, ...photos, '--record'],
    ['card', '--bundle', output, '--model', 'final'],
  ];
  for (const [command, ...options] of steps) {
    console.log(`\n> npm run train -- ${[command, ...options].join(' ')}`);
    const args = [program, 'training/main.ts', command, '--run', run, ...options];
    process.exitCode = await runInForeground(process.execPath, args);
    if (process.exitCode !== 0) return;
  }
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      encoder: { type: 'string' },
      output: { type: 'string' },
      graphics: { type: 'string' },
      unseen: { type: 'string', multiple: true, default: [] },
      named: { type: 'string', multiple: true, default: [] },
      run: { type: 'string', default: 'flickr8k' },
    },
  });
  const { data, encoder, output, graphics, unseen, named, run } = values;
  if (!data || !encoder || !output) throw new Refusal(usage);
  return { data, encoder, output, graphics, unseen, named, run };
}
