// One page: what each of its images without `alt` would get, and writing it.
import { readFile } from 'node:fs/promises';
import type { CaptionOutput } from '@caption-queue/contract/caption';
import { describedKinds, type PictureKind } from '@caption-queue/contract/kind';
import { applyEdits, type Edit, editAlt } from './edit-alt.ts';
import type { Page } from './find-pages.ts';
import { type PageImage, parsePage } from './parse-page.ts';
import { replaceFile } from './replace-file.ts';
import { resolveSource } from './resolve-source.ts';
import { reasonToSkip, type SkipReason } from './skip-image.ts';
import { type Warning, warningsFor } from './warnings.ts';

/** @param file absolute, inside the folder @throws when it is no picture */
export type CaptionPhoto = (
  file: string,
) => Promise<Pick<CaptionOutput, 'caption' | 'confidence' | 'alt_text' | 'kind'>>;

/** Of the caption; the confidence is null where the model was never calibrated, the kind where it knows none. */
export type Captioned = Pick<CaptionOutput, 'caption' | 'confidence'> & {
  picture: CaptionOutput['kind'];
};

export type Outcome =
  | ({ kind: 'text'; altText: string } & Captioned)
  /** Nothing is sure enough to be published. */
  | ({ kind: 'unsure' } & Captioned)
  /** No photo: a sentence about it would hardly be right. */
  | { kind: 'graphic'; picture: PictureKind }
  | { kind: 'skipped'; reason: SkipReason }
  | { kind: 'failed'; error: string };

export interface ImageResult {
  line: number;
  /** Empty where there is none. */
  src: string;
  /** Of the text around it, lower case; empty where none is known. */
  language: string;
  warnings: Warning[];
  outcome: Outcome;
}

export interface PageResult {
  file: string;
  /** Those without `alt`; with `includeEmpty` those with an empty one too. */
  images: ImageResult[];
  /** Images whose `alt` says something. */
  described: number;
  /** Images whose `alt` is empty and stays so. */
  empty: number;
  /** Whether the file has its texts now. */
  written: boolean;
  /** The page could not be read or written. */
  error?: string;
}

export interface FillOptions {
  /** The folder's real path. */
  root: string;
  write: boolean;
  includeEmpty: boolean;
  captionPhoto: CaptionPhoto;
  /** Of picture that get a text; default: photos. */
  kinds?: readonly PictureKind[] | undefined;
}

/** What is told of a `src`: no file name is longer, but a picture inside the page may have megabytes. */
const MAX_SRC_CHARACTERS = 1024;

/** Never throws: what fails is in the result. */
export async function fillPage(page: Page, options: FillOptions): Promise<PageResult> {
  const result: PageResult = {
    file: page.file,
    images: [],
    described: 0,
    empty: 0,
    written: false,
  };
  try {
    const before = await readFile(page.path);
    const { images, baseHref } = parsePage(before);
    const edits: Edit[] = [];
    for (const image of images) {
      const alt = image.attributes.get('alt');
      if (alt) result.described++;
      else if (alt === '' && !options.includeEmpty) result.empty++;
      else {
        const context = { root: options.root, page: page.file, baseHref };
        const outcome = await outcomeFor(image, context, options);
        const { line, language } = image;
        const src = (image.attributes.get('src') ?? '').slice(0, MAX_SRC_CHARACTERS);
        const warnings = outcome.kind === 'text' ? warningsFor(image) : [];
        result.images.push({ line, src, language, warnings, outcome });
        if (outcome.kind === 'text') edits.push(editAlt(before, image, outcome.altText));
      }
    }
    if (options.write && edits.length > 0) {
      await replaceFile(page.path, { before, after: applyEdits(before, edits) });
      result.written = true;
    }
  } catch (error) {
    result.error = (error as Error).message;
  }
  return result;
}

async function outcomeFor(
  image: PageImage,
  context: Parameters<typeof resolveSource>[1],
  { captionPhoto, kinds = describedKinds }: Pick<FillOptions, 'captionPhoto' | 'kinds'>,
): Promise<Outcome> {
  const reason = reasonToSkip(image);
  if (reason) return { kind: 'skipped', reason };
  const source = await resolveSource(image.attributes.get('src') as string, context);
  if ('skipped' in source) return { kind: 'skipped', reason: source.skipped };
  if ('error' in source) return { kind: 'failed', error: source.error };
  try {
    const { alt_text: altText, kind: picture, ...rest } = await captionPhoto(source.path);
    const { caption, confidence } = rest;
    if (altText !== null) return { kind: 'text', altText, caption, confidence, picture };
    if (picture !== null && !kinds.includes(picture)) return { kind: 'graphic', picture };
    return { kind: 'unsure', caption, confidence, picture };
  } catch (error) {
    return { kind: 'failed', error: (error as Error).message };
  }
}
