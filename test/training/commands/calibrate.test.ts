// `calibrate` as people run it: thirty own pictures adjust the shipped bundle by the command that docs/trust.md names.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleDirectory, DEFAULT_BUNDLE, loadBundle } from '@caption-queue/model/bundle';
import { sealBundle } from '@caption-queue/training/export/seal-bundle';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';
import { hasTensorFlow } from '../../support/model/engines.ts';
import { writeTinyBundle } from '../../support/model/tiny-bundle.ts';
import { variedPhotos } from '../../support/pictures/varied-photos.ts';
import { runTraining } from '../../support/training/training-program.ts';

/** What the fixture photos show, in the order of their names. */
const captions = [
  'An astronaut in an orange suit smiles beside a flag',
  'A man looks through a camera on a tripod',
  'A cat looks up',
  'A cup of coffee on a saucer',
  'A brown and black dog stands in the grass',
  'A purple flower with a yellow middle',
  'A rocket lifts off in flames',
  'A temple with a roof of tiles',
];

const guide = await readFile(new URL('../../../docs/trust.md', import.meta.url), 'utf8');
const [command = ''] = guide.match(/^npm run train -- calibrate .*--split all.*$/m) ?? [];

const folder = useFolder();
beforeAll(async () => {
  await writePhotos('my-photos', { count: 30, said: captions });
  await writePhotos('few', { count: 12, said: captions });
  // Nothing that the model could say of them is in these captions.
  await writePhotos('wrong', { count: 24, said: ['Nothing worth a word'] });
});

async function writePhotos(
  name: string,
  { count, said, trained }: { count: number; said: string[]; trained?: number },
) {
  await mkdir(join(folder, name));
  const photos = await variedPhotos(count);
  const lines = await Promise.all(
    photos.map(async (photo, index) => {
      await writeFile(join(folder, name, `${index}.jpg`), photo);
      const split = trained === undefined ? '' : index < trained ? ',train' : ',dev';
      return `${index}.jpg,${said[index % said.length]}${split}\n`;
    }),
  );
  await writeFile(
    join(folder, name, 'captions.csv'),
    `file,caption${trained === undefined ? '' : ',split'}\n${lines.join('')}`,
  );
}

function documented(): string[] {
  const places: Record<string, string> = {
    '~/my-photos': join(folder, 'my-photos'),
    'my-captions': join(folder, 'my-captions'),
  };
  return command
    .split(' ')
    .slice('npm run train --'.split(' ').length)
    .map((word) => places[word] ?? word);
}

describe.skipIf(!hasTensorFlow())('calibrate', () => {
  it('adjusts the shipped bundle with thirty own pictures, into a copy', async () => {
    const { code, stdout, stderr } = await runTraining(folder, documented());
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/\| my-photos \| 30 \|/);
    expect(stdout).toContain('(default)');
    const known = await (await loadBundle(DEFAULT_BUNDLE)).loadTrust();
    const adjusted = await (await loadBundle(join(folder, 'my-captions'))).loadTrust();
    const ratios = Object.entries(known?.calibration.caption.weights ?? {}).map(
      ([kind, weight]) => (adjusted?.calibration.caption.weights[kind] as number) / weight,
    );
    // One scale for all evidence, and another offset.
    expect(ratios[0]).toBeGreaterThan(0);
    for (const ratio of ratios) expect(ratio).toBeCloseTo(ratios[0] as number, 6);
    expect(adjusted?.calibration.caption.bias).not.toBe(known?.calibration.caption.bias);
    expect(adjusted?.nouns).toEqual(known?.nouns);
  }, 240_000);

  it('makes the first calibration of a bundle from what it was trained on', async () => {
    await writePhotos('data', { count: 360, said: captions, trained: 160 });
    const bundle = join(folder, 'never-calibrated');
    await cp(bundleDirectory(DEFAULT_BUNDLE), bundle, { recursive: true });
    for (const part of ['calibration.json', 'nouns.json', 'noun-classifier']) {
      await rm(join(bundle, part), { recursive: true });
    }
    const { manifest } = await loadBundle(DEFAULT_BUNDLE);
    await sealBundle(bundle, manifest);
    expect(await (await loadBundle(bundle)).loadTrust()).toBeUndefined();
    const data = ['--data', join(folder, 'data')];
    const first = ['--bundle-version', 'first', '--run', 'first'];
    const { code, stdout, stderr } = await runTraining(folder, [
      'calibrate',
      '--bundle',
      bundle,
      ...data,
      ...first,
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/\| data \| 200 \|/);
    const calibrated = await loadBundle(bundle);
    expect(calibrated.manifest.version).toBe('first');
    const trust = await calibrated.loadTrust();
    // What the training captions say often enough to be learned, and nothing else.
    expect(trust?.calibration.judgedNouns).toEqual(expect.arrayContaining(['dog', 'cat', 'roof']));
    expect(trust?.calibration.judgedNouns).not.toContain('beach');
    const report = await readFile(
      join(folder, 'runs/first/calibration/flickr8k-attention/report.json'),
      'utf8',
    );
    // The photos are the same few over and over, so there is little that it could get wrong.
    expect(JSON.parse(report).quality[0].auc).toBeGreaterThan(0.9);
  }, 300_000);

  const refused = async (...args: string[]) => {
    const { code, stderr } = await runTraining(folder, ['calibrate', ...args]);
    expect(code).toBe(1);
    return stderr;
  };

  it('says when the pictures are too few, or captioned all alike', async () => {
    const bundle = ['--bundle', DEFAULT_BUNDLE, '--dry-run', '--split', 'all', '--data'];
    expect(await refused(...bundle, join(folder, 'few'))).toMatch(/12 photos are too few/);
    expect(await refused(...bundle, join(folder, 'wrong'))).toMatch(/0 are right and 24 wrong/);
  }, 240_000);

  it('says what is missing', async () => {
    await writeTinyBundle({ directory: join(folder, 'tiny') });
    const data = ['--data', join(folder, 'my-photos')];
    expect(await refused('--bundle', join(folder, 'tiny'), ...data)).toMatch(/has no classifier/);
    expect(await refused('--bundle', DEFAULT_BUNDLE)).toMatch(
      /--data or --unseen, named ones by --named/,
    );
    expect(await refused('--bundle', DEFAULT_BUNDLE, '--named', join(folder, 'my-photos'))).toMatch(
      /lacks file or words/,
    );
  }, 60_000);
});
