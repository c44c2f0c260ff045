// The report for programs: one JSON object a line.
import type { Captioned, ImageResult, PageResult } from './fill-page.ts';

/** A line for each image without `alt`, and one for a page that failed. */
export function jsonLines({ file, images, error, written }: PageResult): string[] {
  const lines: object[] = images.map((image) => ({
    file,
    line: image.line,
    src: image.src,
    ...fieldsOf(image, written),
  }));
  if (error !== undefined) lines.push({ file, error });
  return lines.map((line) => JSON.stringify(line));
}

function fieldsOf({ outcome, warnings }: ImageResult, written: boolean): object {
  switch (outcome.kind) {
    case 'skipped':
      return { skipped: outcome.reason };
    case 'failed':
      return { error: outcome.error };
    case 'graphic':
      return { kind: outcome.picture, alt_text: null, written: false };
    case 'unsure':
      return { ...captionOf(outcome), alt_text: null, written: false, warnings };
    case 'text':
      return { ...captionOf(outcome), alt_text: outcome.altText, written, warnings };
  }
}

const captionOf = ({ caption, confidence, picture }: Captioned) => ({
  kind: picture,
  caption,
  confidence,
});
