// All pages of a folder, one after the other; a picture is captioned once, however often it is shown.

import { type CaptionPhoto, type FillOptions, fillPage, type PageResult } from './fill-page.ts';
import type { Page } from './find-pages.ts';

/** Answers each page as it is done, and written if that was asked for. */
export async function* fillFolder(
  pages: readonly Page[],
  options: FillOptions,
): AsyncGenerator<PageResult> {
  const captionPhoto = once(options.captionPhoto);
  for (const page of pages) yield await fillPage(page, { ...options, captionPhoto });
}

function once(captionPhoto: CaptionPhoto): CaptionPhoto {
  const known = new Map<string, ReturnType<CaptionPhoto>>();
  return (file) => {
    const caption = known.get(file) ?? captionPhoto(file);
    known.set(file, caption);
    return caption;
  };
}
