// The repository's folders and sources, and which source each imports.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const LEFT_OUT = new Set(['node_modules', 'dist']);

/** A folder and all below it, without packages and builds; from the repository's root, as all paths here. */
export function foldersIn(folder: string): string[] {
  const inside = readdirSync(path.join(root, folder), { withFileTypes: true });
  const folders = inside.filter((entry) => entry.isDirectory() && !LEFT_OUT.has(entry.name));
  return [folder, ...folders.flatMap(({ name }) => foldersIn(path.join(folder, name)))];
}

/** The files that lie directly in a folder. */
export function filesOf(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => path.join(folder, name));
}

/** The TypeScript files in a folder and below. */
export const sourcesIn = (folder: string): string[] =>
  foldersIn(folder)
    .flatMap(filesOf)
    .filter((file) => file.endsWith('.ts'));

export const exists = (file: string): boolean => existsSync(path.join(root, file));

export const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** What a source imports, as it is written there: `./a.ts`, `@caption-queue/model/bundle`, `node:fs`. */
function specifiersOf(source: string): string[] {
  const imports = /\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...read(source).matchAll(imports)].map(
    ([, from, bare, later]) => from ?? bare ?? later ?? '',
  );
}

/** The files that a source imports by their paths. */
export const relativeImportsOf = (source: string): string[] =>
  specifiersOf(source)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => path.join(path.dirname(source), specifier));

/** The files that a source imports by the names of their packages. */
const namedImportsOf = (source: string): string[] =>
  specifiersOf(source)
    .filter((specifier) => specifier.startsWith('@caption-queue/'))
    .map((specifier) => `${specifier.slice('@caption-queue/'.length)}.ts`)
    .flatMap((file) =>
      ['shared', 'services', '.'].map((folder) => path.join(folder, file)).filter(exists),
    );

/** The sources given and all that they import, and so on. */
export function reachedFrom(sources: readonly string[]): Set<string> {
  const reached = new Set(sources);
  for (const source of reached) {
    if (!source.endsWith('.ts') || !exists(source)) continue;
    for (const imported of relativeImportsOf(source)) reached.add(imported);
    for (const imported of namedImportsOf(source)) reached.add(imported);
  }
  return reached;
}
