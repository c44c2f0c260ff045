// Finds the folder of the package that a module belongs to, from source and from the bundle in dist/ alike.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The nearest folder at or above the module that holds a `package.json`.
 *
 * @param moduleUrl `import.meta.url` of the caller
 * @throws Error when no folder up to the root has one
 */
export function packageRoot(moduleUrl: string): string {
  let folder = path.dirname(fileURLToPath(moduleUrl));
  for (;;) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error(`No package.json at or above ${moduleUrl}.`);
    folder = parent;
  }
}

/** The version in the `package.json` of the package that a module belongs to. */
export function packageVersion(moduleUrl: string): string {
  const manifest: unknown = JSON.parse(
    readFileSync(path.join(packageRoot(moduleUrl), 'package.json'), 'utf8'),
  );
  return String((manifest as { version?: unknown }).version);
}
