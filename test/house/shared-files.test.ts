// What lies in shared/ is shared: what only one part uses lives with that part.
import { describe, expect, it } from 'vitest';
import { filesOf, foldersIn, reachedFrom, sourcesIn } from './source-files.ts';

/** The bench, tests and scripts use whatever they like, and count for nothing. */
const parts = [
  'services/api',
  'services/encoder-worker',
  'services/decoder-worker',
  'training',
  'cli',
  'client',
];

/** Files that one part uses and that stay all the same, each with its reason. */
const exceptions: Record<string, string> = {};

const reachedBy = new Map(parts.map((part) => [part, reachedFrom(sourcesIn(part))]));
const usersOf = (file: string) => parts.filter((part) => reachedBy.get(part)?.has(file));

describe.each(sharedFolders())('%s', (folder) => {
  it('holds only what two parts use', () => {
    const lonely = filesOf(folder)
      .filter((file) => isSource(file) && !(file in exceptions))
      .map((file) => ({ file, users: usersOf(file) }))
      .filter(({ users }) => users.length < 2)
      .map(({ file, users: [user] }) =>
        user === undefined
          ? `${file} is used by no part: delete it`
          : `${file} is used by ${user} alone: move it there`,
      );
    expect(lonely).toEqual([]);
  });
});

it('makes no exception for a file that needs none', () => {
  const needless = Object.keys(exceptions).filter((file) => usersOf(file).length !== 1);
  expect(needless).toEqual([]);
});

/** A declaration is nobody's import: the compiler takes it by itself. */
function isSource(file: string): boolean {
  return file.endsWith('.ts') && !file.endsWith('.d.ts');
}

function sharedFolders(): string[] {
  return foldersIn('shared').filter((folder) => filesOf(folder).some(isSource));
}
