// The one way to a file of the site: what lies elsewhere is never opened, whatever links and paths say.
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

/** `path` has no symbolic link in it. */
export type FileInside = { path: string } | { outside: true } | { error: string };

/**
 * @param root a folder's real path
 * @param file relative to it; its `..` and symbolic links may lead anywhere
 */
export async function fileInside(root: string, file: string): Promise<FileInside> {
  try {
    const path = await realpath(join(root, file));
    const way = relative(root, path);
    if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) return { outside: true };
    // Opening a pipe or a device would wait for whoever writes into it.
    if (!(await stat(path)).isFile()) return { error: 'This is not a file.' };
    return { path };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    return { error: isMissing ? 'There is no such file.' : message };
  }
}
