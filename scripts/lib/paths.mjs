// Where things lie. Everything that a run leaves behind goes below `.data`, which git ignores.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = path.resolve(fileURLToPath(import.meta.url), '../../..');
export const dataDirectory = path.resolve(repositoryRoot, process.env.DATA_DIR || '.data');
export const logDirectory = path.join(dataDirectory, 'logs');

/**
 * @param {string} file
 * @returns the path as a person in the repository would type it
 */
export function shownPath(file) {
  const relative = path.relative(repositoryRoot, file);
  return relative.startsWith('..') ? file : relative;
}
