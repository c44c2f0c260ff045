// The files of a folder and of all below it.
import { readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Leaves links out: what they lead to may lie outside the folder, or be the folder itself. Node's own recursion follows
 * links to folders in some versions and calls, and then lists a folder that links to itself forty times.
 *
 * @returns paths from `folder`, with `/`
 */
export function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const { name } = entry;
    if (entry.isDirectory())
      return listFiles(path.join(folder, name)).map((file) => `${name}/${file}`);
    return entry.isFile() ? [name] : [];
  });
}
