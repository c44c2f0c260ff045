// From an image's `src` to the file that a web server on the folder would answer with.
import { extname } from 'node:path';
import { SVG } from '@caption-queue/imaging/unread-formats';
import { sniffFile } from '../sniff-file.ts';
import { fileInside } from './inside-folder.ts';
import { isTemplated, type SkipReason } from './skip-image.ts';

/** Stands for the server; `.invalid` can't be anybody's name (RFC 2606). */
const SITE = 'http://site.invalid/';

/** `path` is absolute, without symbolic links, and inside. */
export type Source = { path: string } | { skipped: SkipReason } | { error: string };

export interface SourceContext {
  /** The folder's real path; `/` at the begin of an address. */
  root: string;
  /** The page, from the folder. */
  page: string;
  /** Of the page's `base` element. */
  baseHref: string | undefined;
}

/** Query and fragment are left out, percent-encoding is undone. */
export async function resolveSource(
  src: string,
  { root, page, baseHref }: SourceContext,
): Promise<Source> {
  if (baseHref !== undefined && isTemplated(baseHref)) return { skipped: 'templated' };
  const own = new URL(page.split('/').map(encodeURIComponent).join('/'), SITE).href;
  const isBase = baseHref !== undefined && URL.canParse(baseHref, own);
  const base = isBase ? new URL(baseHref, own).href : own;
  if (!URL.canParse(src, base)) return { error: 'Its src is not an address.' };
  const url = new URL(src, base);
  if (url.origin !== new URL(SITE).origin) return { skipped: 'remote' };
  const file = decodedPath(url.pathname);
  if (file === undefined) return { error: 'Its src is not percent-encoded right.' };
  const inside = await fileInside(root, file);
  if (await isDrawing(file, 'path' in inside ? inside.path : undefined)) {
    return { skipped: 'drawing' };
  }
  return 'outside' in inside ? { skipped: 'outside' } : inside;
}

/** By its bytes, where they can be read; else by its name. */
async function isDrawing(name: string, path: string | undefined): Promise<boolean> {
  const sniffed = path === undefined ? undefined : await sniffFile(path).catch(() => undefined);
  if (sniffed?.mediaType !== undefined) return false;
  return sniffed?.unread === SVG || /^\.svgz?$/i.test(extname(name));
}

function decodedPath(pathname: string): string | undefined {
  try {
    const path = decodeURIComponent(pathname);
    return path.includes('\0') ? undefined : path;
  } catch {
    return undefined;
  }
}
