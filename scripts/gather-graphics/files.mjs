// Finds files below a folder by glob patterns.
import { readdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * @param {string} folder
 * @param {{ files: string[], not?: string[] }} patterns `**` spans folders, `*` names, `{a,b*}` is either; matched
 *   without regard to case
 * @returns {Promise<string[]>} relative paths of the regular files, sorted
 */
export async function findFiles(folder, { files, not = [] }) {
  const wanted = files.map(globToRegExp);
  const unwanted = not.map(globToRegExp);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
    .filter((file) => wanted.some((pattern) => pattern.test(file)))
    .filter((file) => !unwanted.some((pattern) => pattern.test(file)))
    .sort();
}

/** @param {string} glob */
export function globToRegExp(glob) {
  return new RegExp(`^${translate(glob)}$`, 'i');
}

/** @param {string} glob @returns {string} */
function translate(glob) {
  return glob.replace(/\*\*\/|\*\*|\*|\{[^}]*\}|[.+^$()|[\]\\?]/g, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    if (token.startsWith('{'))
      return `(?:${token.slice(1, -1).split(',').map(translate).join('|')})`;
    return `\\${token}`;
  });
}
