// Folders stay small enough to look through, and tests lie where their subjects do.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { exists, filesOf, foldersIn, read, sourcesIn } from './source-files.ts';

/** As many as fit on a screen with what they are for. */
const MOST_FILES = 16;

/** About the whole, or for all tests. */
const OF_NO_SOURCE = [
  'docs',
  'faults',
  'fixtures',
  'house',
  'models',
  'schemathesis',
  'scripts',
  'support',
];

describe.each(['shared', 'services', 'test/support'])('no folder in %s', (top) => {
  it(`holds more than ${MOST_FILES} files directly`, () => {
    const crowded = foldersIn(top)
      .map((folder) => `${folder}: ${filesOf(folder).length} files`)
      .filter((line) => Number(/(\d+) files$/.exec(line)?.[1]) > MOST_FILES);
    expect(crowded).toEqual([]);
  });
});

describe('what tests share', () => {
  it('finds the repository in one place, since bench and proofs have it bundled elsewhere', () => {
    const others = sourcesIn('test/support')
      .filter((file) => !['repository.ts', 'global-setup.ts'].includes(path.basename(file)))
      .filter((file) => /import\.meta\.(url|dirname)/.test(read(file)));
    expect(others).toEqual([]);
  });
});

describe('a folder of tests', () => {
  it('has the name and place of the sources that it tests', () => {
    const homeless = foldersIn('test')
      .map((folder) => path.relative('test', folder))
      .filter((folder) => !OF_NO_SOURCE.includes(folder.split(path.sep)[0] ?? ''))
      .filter((folder) => !exists(folder))
      .map((folder) => `test/${folder} tests no folder ${folder}`);
    expect(homeless).toEqual([]);
  });
});
