// The linter checks which package may import which, by name; so no file may go around the names. The
// bench may import anything.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');
const inside = (folder: string) =>
  readdirSync(path.join(root, folder)).map((name) => path.join(folder, name));
const workspaces = [...inside('shared'), ...inside('services'), 'training', 'cli', 'client'].filter(
  (folder) => existsSync(path.join(root, folder, 'package.json')),
);

/** Every relative import of a workspace's sources, from the workspace's folder. */
function relativeImports(workspace: string): { file: string; target: string }[] {
  const folder = path.join(root, workspace);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/(^|\/)(node_modules|dist)\//.test(file),
  );
  return sources.flatMap((file) =>
    [...readFileSync(path.join(folder, file), 'utf8').matchAll(/from '(\.[^']+)'/g)].map(
      ([, specifier = '']) => ({ file, target: path.join(path.dirname(file), specifier) }),
    ),
  );
}

describe('imports between packages', () => {
  it.each(workspaces)('of %s go by name', (workspace) => {
    const imports = relativeImports(workspace);
    const outside = imports.filter(({ target }) => target.startsWith('..'));
    expect(outside).toEqual([]);
  });
});
