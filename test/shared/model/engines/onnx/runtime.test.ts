// ONNX Runtime keeps to itself: no file of its own, and no end of the process by a long command line.
import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { useFolder } from '../../../../support/folder.ts';
import { writeTinyBundle } from '../../../../support/model/tiny-bundle.ts';
import { repository } from '../../../../support/repository.ts';

const folder = useFolder();
const program = join(repository, 'cli/dist/caption.js');
const photo = join(repository, 'test/fixtures/photos/dog.jpg');

it('captions by a command line of 40 kB, and leaves nothing below the home folder', async () => {
  const model = join(folder, 'tiny');
  const home = join(folder, 'home');
  await mkdir(home);
  await writeTinyBundle({ directory: model });
  const longName = photo.replace('/test/', `/test${'/.'.repeat(1900)}/`);
  const names = Array.from({ length: 10 }, (_, index) =>
    longName.replace('/./', '/'.repeat(index + 1)),
  );
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, '--json', '--model', model, ...names],
    { env: { PATH: process.env.PATH, HOME: home }, cwd: folder },
  );
  expect(stdout.trim().split('\n')).toHaveLength(names.length);
  expect(await readdir(home)).toEqual([]);
}, 60_000);
