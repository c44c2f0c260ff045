// A folder for the files of tests.
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** An empty folder while the tests of a file or `describe` run. @returns its path; it is there in tests and hooks */
export function useFolder(): string {
  const folder = join(tmpdir(), `caption-queue-test-${randomUUID()}`);
  beforeAll(() => mkdir(folder));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
