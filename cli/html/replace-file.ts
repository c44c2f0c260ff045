// Replaces a file as a whole or not at all.
import { randomUUID } from 'node:crypto';
import { access, constants, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PageError } from './page-encoding.ts';

/**
 * Writes beside the file and renames, so that a reader, a full disk or a crash never meets half of it.
 * Mode and, where that is allowed, owner stay.
 * @param before what it must still be
 * @throws PageError when it may not be written, or somebody changed it meanwhile
 */
export async function replaceFile(
  file: string,
  { before, after }: { before: Buffer; after: Buffer },
): Promise<void> {
  // Renaming would not ask.
  await access(file, constants.W_OK).catch(() => {
    throw new PageError('You may not write this file; change its permissions and run again.');
  });
  const { mode, uid, gid } = await stat(file);
  const temporary = join(dirname(file), `.alt-${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(after);
      await handle.chown(uid, gid).catch(() => {});
      await handle.chmod(mode & 0o7777);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await readFile(file)).equals(before)) {
      throw new PageError('Somebody changed this page meanwhile, so it was left alone; run again.');
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
