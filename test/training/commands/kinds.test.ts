// `kinds` as people run it: a folder of pictures with their kinds teaches a copy of the shipped bundle.
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCaptioner } from '@caption-queue/cli/captioner';
import { DEFAULT_BUNDLE, loadBundle } from '@caption-queue/model/bundle';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';
import { hasTensorFlow } from '../../support/model/engines.ts';
import { repository } from '../../support/repository.ts';
import { runTraining } from '../../support/training/training-program.ts';

const fixtures = join(repository, 'test/fixtures');
const folder = useFolder();
const graphics = join(folder, 'graphics');

beforeAll(async () => {
  await mkdir(graphics);
  const lines = ['file,kind,source,split'];
  const add = async (file: string, kind: string, place: number) => {
    const name = file.split('/').at(-1) as string;
    await copyFile(file, join(graphics, name));
    // The first of each kind is only measured on.
    lines.push(`${name},${kind},${place === 0 ? 'other,held-out' : 'own,train'}`);
  };
  for (const [place, name] of (await readdir(join(fixtures, 'photos'))).entries()) {
    await add(join(fixtures, 'photos', name), 'photo', place);
  }
  const counts: Record<string, number> = {};
  for (const name of await readdir(join(fixtures, 'kinds'))) {
    const [kind = ''] = name.split('-');
    counts[kind] = (counts[kind] ?? -1) + 1;
    await add(join(fixtures, 'kinds', name), kind, counts[kind]);
  }
  await writeFile(join(graphics, 'graphics.csv'), lines.join('\n'));
});

describe.skipIf(!hasTensorFlow())('kinds', () => {
  const learn = (...args: string[]) =>
    runTraining(folder, ['kinds', '--bundle', DEFAULT_BUNDLE, '--graphics', graphics, ...args]);

  it('are learned by a copy of the bundle, and measured on what was held out', async () => {
    const output = join(folder, 'knows');
    const { code, stdout, stderr } = await learn('--output', output, '--bundle-version', 'k');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/Of 5 graphics the kind of \d+\.0 % is right/);
    expect(stdout).toMatch(/\| other \| 1 \|/);
    const { manifest, hasKindClassifier } = await loadBundle(output);
    expect(manifest.version).toBe('k');
    expect(hasKindClassifier).toBe(true);
    const captioner = await createCaptioner({
      model: output,
      engine: 'onnx',
      threads: 2,
      onWarning: (message) => expect.unreachable(message),
    });
    const kindOf = async (file: string) =>
      (await captioner.caption(await captioner.readPixels(join(fixtures, file)))).kind;
    expect(await kindOf('kinds/chart-line.png')).toBe('chart');
    expect(await kindOf('photos/dog.jpg')).toBe('photo');
  }, 120_000);

  it('say which of them there is no picture of', async () => {
    await writeFile(
      join(graphics, 'graphics.csv'),
      'file,kind,source,split\nchart-line.png,chart,own,train\n',
    );
    const { code, stderr } = await learn();
    expect(code).toBe(1);
    expect(stderr).toMatch(/kinds photo, drawing, screenshot, document, blank there is no picture/);
  }, 60_000);
});
