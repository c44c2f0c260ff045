// Each workspace names the packages that it imports, docs/decisions/003-packages.md gives each a reason, and bundles
// find them where they look.
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

interface Manifest {
  name: string;
  version?: string;
  /** In the lock file: where it is from. */
  resolved?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const root = path.join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const { packages }: { packages: Record<string, Manifest> } = JSON.parse(read('package-lock.json'));
const workspaces = Object.keys(packages).filter(
  (location) => location !== '' && !location.includes('node_modules'),
);

function listed(workspace: string): Record<string, string> {
  const manifest: Manifest = JSON.parse(read(path.join(workspace, 'package.json')));
  return { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies };
}

const isOurs = (name: string) => name.startsWith('@caption-queue/');
const foreign = new Map(
  ['', ...workspaces].flatMap((workspace) =>
    Object.entries(listed(workspace)).filter(([name]) => !isOurs(name)),
  ),
);

/** Loaded by whoever imports something else: bull-board finds its pages, and an engine is loaded by its name. */
const notImported = ['@bull-board/ui', '@tensorflow/tfjs-node'];
/** The tests' own fixtures are no workspace; the bench shares them. */
const notListed = ['@caption-queue/test'];

function imported(workspace: string): string[] {
  const sources = readdirSync(path.join(root, workspace), { recursive: true, encoding: 'utf8' });
  const own = JSON.parse(read(path.join(workspace, 'package.json'))).name;
  const names = sources
    .filter((file) => file.endsWith('.ts') && !/(^|\/)(node_modules|dist)\//.test(file))
    .flatMap((file) => [
      ...read(path.join(workspace, file)).matchAll(
        /^(?:import .*|export .*|\} )from '([^'.][^']*)'|\bimport\('([^'.][^']*)'\)/gm,
      ),
    ])
    .map(([, statement, call]) => statement ?? call ?? '')
    .filter((specifier) => !isBuiltin(specifier))
    .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
  return [...new Set(names)].filter((name) => name !== own && !notListed.includes(name)).sort();
}

describe('the packages', () => {
  it.each(workspaces)('of %s are those that it imports', (workspace) => {
    const names = Object.keys(listed(workspace));
    const uses = imported(workspace);
    expect(names.filter((name) => !notImported.includes(name)).sort()).toEqual(
      uses.filter((name) => !notImported.includes(name)),
    );
  });

  it('have each a reason in the decision, and it names no others', () => {
    const rows = read('docs/decisions/003-packages.md').matchAll(/^\| ([^|]+) \|/gm);
    const [, , ...cells] = [...rows].map(([, cell = '']) => cell);
    const named = cells.flatMap((cell) => cell.split(', '));
    expect(named.sort()).toEqual([...foreign.keys()].sort());
  });

  it('have exact versions, and lie where bundles look for them', () => {
    for (const [name, version] of foreign) {
      expect(packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
    const nested = Object.keys(packages).filter((location) =>
      /^(?!node_modules\/)./.test(location),
    );
    expect(nested).toEqual(workspaces);
  });

  it('come from whichever registry is set', () => {
    const origins = Object.values(packages).flatMap(({ resolved }) => resolved ?? []);
    expect(origins.sort()).toEqual([...workspaces].sort());
  });
});
