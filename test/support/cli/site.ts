// A folder of HTML pages and pictures for tests, and a captioner that only knows file names.
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fillFolder } from '@caption-queue/cli/html/fill-folder';
import type { CaptionPhoto, FillOptions, PageResult } from '@caption-queue/cli/html/fill-page';
import { findPages } from '@caption-queue/cli/html/find-pages';
import { pictureKinds } from '@caption-queue/contract/kind';

/** `files` by their name in the folder; text is written as UTF-8. */
export async function createSite(files: Record<string, string | Uint8Array>) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'site-')));
  const write = async (name: string, content: string | Uint8Array) => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  };
  for (const [name, content] of Object.entries(files)) await write(name, content);
  return {
    folder,
    write,
    read: (name: string) => readFile(join(folder, name)),
    remove: () => rm(folder, { recursive: true }),
  };
}

/**
 * `dog.jpg` is "a dog", surely; of what starts with `unsure` nothing is sure, `damaged` is no picture, and what is called
 * like a kind is of that kind.
 */
export const captionByName: CaptionPhoto = async (file) => {
  const [name = ''] = basename(file).split('.');
  if (name.startsWith('damaged')) throw new Error('The picture is damaged.');
  const isSure = !name.startsWith('unsure');
  const caption = `a ${name}`;
  const kind = pictureKinds.find((kind) => kind === name) ?? 'photo';
  const isSaid = isSure && kind === 'photo';
  return { caption, confidence: isSure ? 0.9 : 0.2, alt_text: isSaid ? caption : null, kind };
};

/** Runs over all pages of a folder; nothing is written unless `options` say so. */
export async function fillSite(
  folder: string,
  options: Partial<Omit<FillOptions, 'root'>> = {},
): Promise<PageResult[]> {
  const { root, pages } = await findPages(folder);
  const results: PageResult[] = [];
  const defaults = { write: false, includeEmpty: false, captionPhoto: captionByName };
  for await (const page of fillFolder(pages, { root, ...defaults, ...options })) results.push(page);
  return results;
}
