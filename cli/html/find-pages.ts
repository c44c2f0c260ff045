// Which files under a folder are HTML pages.
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { fileInside } from './inside-folder.ts';

const pageExtensions = new Set(['.html', '.htm']);

/** Pages in here are other people's; folders with a leading dot belong to tools. */
const FOREIGN_FOLDER = 'node_modules';

export interface Page {
  /** From the folder, with `/`. */
  file: string;
  /** To read and write: absolute, without symbolic links. */
  path: string;
}

export interface FoundPages {
  /** The folder's real path. */
  root: string;
  /** Each file once, however many links lead to it; sorted by `file`. */
  pages: Page[];
  failures: { file: string; error: string }[];
}

/** @throws when `folder` is none */
export async function findPages(folder: string): Promise<FoundPages> {
  const root = await realpath(folder);
  if (!(await stat(root)).isDirectory()) throw new Error(`${folder} is not a folder.`);
  const found: FoundPages = { root, pages: [], failures: [] };
  const { files, links } = await candidatesIn(found);
  const seen = new Set<string>();
  // Files first: a page is called by its own name, not by a link's.
  for (const file of [...files, ...links]) {
    const inside = await fileInside(root, file);
    if ('path' in inside) {
      if (!seen.has(inside.path)) found.pages.push({ file, path: inside.path });
      seen.add(inside.path);
    } else {
      const error = 'error' in inside ? inside.error : 'This link leads out of the folder.';
      found.failures.push({ file, error });
    }
  }
  found.pages.sort((a, b) => (a.file < b.file ? -1 : 1));
  return found;
}

/** Adds folders that can't be read to `failures`. Links to folders are not followed. */
async function candidatesIn({ root, failures }: FoundPages) {
  const files: string[] = [];
  const links: string[] = [];
  const folders = ['.'];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(
      (error: Error) => {
        failures.push({ file: folder as string, error: error.message });
        return [];
      },
    );
    for (const entry of entries) {
      const { name } = entry;
      const file = join(folder, name).replaceAll(sep, '/');
      if (entry.isDirectory()) {
        if (!name.startsWith('.') && name !== FOREIGN_FOLDER) folders.push(file);
      } else if (pageExtensions.has(extname(name).toLowerCase())) {
        if (entry.isFile()) files.push(file);
        else if (entry.isSymbolicLink()) links.push(file);
      }
    }
  }
  return { files, links: links.sort() };
}
