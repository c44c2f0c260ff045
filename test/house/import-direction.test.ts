// The linter checks which package may import which, by name; so no file may go around the names. The
// bench may import anything.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { exists, foldersIn, relativeImportsOf, sourcesIn } from './source-files.ts';

const workspaces = ['shared', 'services', 'training', 'cli', 'client']
  .flatMap(foldersIn)
  .filter((folder) => exists(path.join(folder, 'package.json')));

describe('imports between packages', () => {
  it.each(workspaces)('of %s go by name', (workspace) => {
    const outside = sourcesIn(workspace).flatMap((source) =>
      relativeImportsOf(source)
        .filter((target) => !target.startsWith(`${workspace}${path.sep}`))
        .map((target) => `${source} imports ${target} by its path`),
    );
    expect(outside).toEqual([]);
  });
});
