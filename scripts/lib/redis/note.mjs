// Where the Redis of `npm start` answers, noted while it runs, so that `npm run keys` finds it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dataDirectory } from '../paths.mjs';

const file = path.join(dataDirectory, 'redis-url');

/** @param {string | undefined} url with its password, so only the owner may read the note */
export function noteRedisUrl(url) {
  if (url !== undefined) writeFileSync(file, url, { mode: 0o600 });
}

export function forgetRedisUrl() {
  rmSync(file, { force: true });
}

/** @returns {string | undefined} undefined while `npm start` runs no Redis of its own */
export function notedRedisUrl() {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
