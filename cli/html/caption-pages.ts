// `npm run caption -- --html DIR`: finds the pages, fills them, prints the report.
import type { PictureKind } from '@caption-queue/contract/kind';
import { UsageError } from '../arguments.ts';
import { createProgress } from '../progress.ts';
import { fillFolder } from './fill-folder.ts';
import type { CaptionPhoto, PageResult } from './fill-page.ts';
import { type FoundPages, findPages } from './find-pages.ts';
import { jsonLines } from './json-report.ts';
import { summary, tableHead, tableRows } from './text-report.ts';

const UNCALIBRATED =
  'This model was never calibrated: it cannot tell which of its captions are right, so it gives no alt text. Calibrate it, or choose another with --model.';

/** @throws UsageError when there is nothing to do */
export async function pagesToCaption(folder: string): Promise<FoundPages> {
  const found = await findPages(folder).catch(() => {
    throw new UsageError(`--html names a folder, and there is none at ${folder}.`);
  });
  if (found.pages.length === 0 && found.failures.length === 0) {
    throw new UsageError(`There is no .html or .htm file in ${folder}.`);
  }
  return found;
}

/** @returns how many images and pages failed */
export async function captionPages(
  { root, pages, failures }: FoundPages,
  options: {
    write: boolean;
    includeEmpty: boolean;
    json: boolean;
    captionPhoto: CaptionPhoto;
    kinds?: readonly PictureKind[] | undefined;
  },
): Promise<number> {
  const results: PageResult[] = failures.map((failure) => ({
    ...failure,
    images: [],
    described: 0,
    empty: 0,
    written: false,
  }));
  const progress = createProgress(pages.length);
  if (options.json) print(results.flatMap(jsonLines));
  let head = options.json ? [] : [tableHead()];
  for await (const result of fillFolder(pages, { root, ...options })) {
    results.push(result);
    const lines = options.json ? jsonLines(result) : tableRows(result);
    progress.clear();
    if (lines.length > 0) {
      print([...head, ...lines]);
      head = [];
    }
    progress.advance();
  }
  progress.clear();
  if (!options.json) print(summary(results, options));
  if (isUncalibrated(results)) console.error(UNCALIBRATED);
  return results.reduce((total, result) => total + failuresOf(result), 0);
}

function print(lines: string[]): void {
  for (const line of lines) console.log(line);
}

function failuresOf({ images, error }: PageResult): number {
  const failed = images.filter(({ outcome }) => outcome.kind === 'failed').length;
  return failed + (error === undefined ? 0 : 1);
}

function isUncalibrated(results: PageResult[]): boolean {
  const confidences = results.flatMap(({ images }) =>
    images.flatMap(({ outcome }) => ('confidence' in outcome ? [outcome.confidence] : [])),
  );
  return confidences.length > 0 && confidences.every((confidence) => confidence === null);
}
