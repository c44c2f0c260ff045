import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listFiles } from '@caption-queue/runtime/list-files';
import { expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';

const folder = useFolder();

it('lists the files of a folder and of all below it, and follows no link, be it to itself', async () => {
  await mkdir(path.join(folder, 'inside/deep'), { recursive: true });
  await mkdir(path.join(folder, 'outside'));
  for (const file of ['inside/a.txt', 'inside/deep/b.txt', 'outside/secret.txt']) {
    await writeFile(path.join(folder, file), '');
  }
  await symlink(path.join(folder, 'outside'), path.join(folder, 'inside/linked'));
  await symlink(path.join(folder, 'outside/secret.txt'), path.join(folder, 'inside/link.txt'));
  await symlink(path.join(folder, 'inside'), path.join(folder, 'inside/deep/itself'));
  expect(listFiles(path.join(folder, 'inside')).sort()).toEqual(['a.txt', 'deep/b.txt']);
});
