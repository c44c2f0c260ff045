// The few ASCII bytes that give an image its `alt`; every other byte of a page stays.
import type { PageImage } from './parse-page.ts';

export interface Edit {
  /** Bytes `[start, end)` of the page are replaced. */
  start: number;
  end: number;
  /** ASCII. */
  text: string;
}

/**
 * A missing `alt` comes right behind `src`; one that is there is replaced, its name as it is spelt.
 * @param image has a `src`
 */
export function editAlt(page: Uint8Array, image: PageImage, altText: string): Edit {
  const value = `="${escaped(altText)}"`;
  if (!image.alt) {
    const at = image.srcEnd as number;
    return { start: at, end: at, text: ` alt${value}` };
  }
  const start = image.alt.start + 'alt'.length;
  return { start, end: Math.max(image.alt.end, endOfEmptyValue(page, start)), text: value };
}

/** In `<img alt=>` the parser's attribute ends before the `=`. */
function endOfEmptyValue(page: Uint8Array, nameEnd: number): number {
  let at = nameEnd;
  while ([0x09, 0x0a, 0x0c, 0x0d, 0x20].includes(page[at] as number)) at++;
  return page[at] === '='.charCodeAt(0) ? at + 1 : nameEnd;
}

/** What no encoding agrees on is written as character references. */
function escaped(text: string): string {
  return text.replace(/[&<>"]|[^\x20-\x7e]/gu, (char) => `&#${char.codePointAt(0)};`);
}

/** @param edits don't overlap */
export function applyEdits(page: Uint8Array, edits: readonly Edit[]): Buffer {
  const parts: Uint8Array[] = [];
  let done = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(page.subarray(done, start), Buffer.from(text, 'latin1'));
    done = end;
  }
  return Buffer.concat([...parts, page.subarray(done)]);
}
