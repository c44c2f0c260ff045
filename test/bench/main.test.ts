// `npm run bench`, as the program that it runs: it measures every part, be it two photos with a tiny model.
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { useFolder } from '../support/folder.ts';
import { writeTinyBundle } from '../support/model/tiny-bundle.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { repository } from '../support/repository.ts';

const program = path.join(repository, 'bench/dist/main.js');

describe.skipIf(!redisIsAvailable)('npm run bench', () => {
  const folder = useFolder();

  it('prints a table of each part, and writes them all', { timeout: 180_000 }, async () => {
    const model = path.join(folder, 'tiny');
    const out = path.join(folder, 'results');
    await writeTinyBundle({ directory: model });
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program, '--model', model, '--photos', '2', '--rounds', '1', '--out', out],
      { cwd: repository },
    );
    const [file = ''] = await readdir(out);
    const { tables } = JSON.parse(await readFile(path.join(out, file), 'utf8'));
    expect(Object.keys(tables)).toEqual([
      'Encoder, one picture',
      'Decoder, one picture, one thread',
      'The API’s own time, one request at a time',
      'Service, end to end',
      'CPU time in milliseconds a caption',
      'Requests under load',
      'Memory after the load',
      'Memory in Redis',
    ]);
    for (const [title, rows] of Object.entries(tables)) {
      expect(stdout).toContain(title);
      expect(rows).not.toEqual([]);
    }
  });
});
