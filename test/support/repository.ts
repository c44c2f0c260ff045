// Where the repository is: also for what is bundled into a `dist`, where a path from this file would lead elsewhere.
import { existsSync } from 'node:fs';
import path from 'node:path';

/** An absolute path. */
export const repository = findUp('package-lock.json', import.meta.dirname);

/** The nearest folder, at or above `from`, that holds a file of this name. */
function findUp(name: string, from: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, name))) return folder;
    if (folder === path.dirname(folder)) throw new Error(`No ${name} at or above ${from}.`);
  }
}
