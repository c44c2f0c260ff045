// A page's bytes as characters. Tags are ASCII in every encoding that is accepted here, so their places
// are found in latin-1, where a character is a byte; only what attributes say needs the true encoding.
import { isUtf8 } from 'node:buffer';

/** A page that can't be worked on; the message says why. */
export class PageError extends Error {
  override name = 'PageError';
}

const utf8Mark = [0xef, 0xbb, 0xbf];
/** Byte order marks, and how `<` begins without one. */
const utf16Starts = [
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0x3c, 0x00],
  [0x00, 0x3c],
];

const startsWith = (bytes: Uint8Array, start: number[]) =>
  start.every((byte, i) => bytes[i] === byte);

/** @returns where the text begins: 3 after a byte order mark @throws PageError for UTF-16 */
export function textStart(bytes: Uint8Array): number {
  if (utf16Starts.some((start) => startsWith(bytes, start))) {
    throw new PageError('This page is UTF-16, which is not supported; save it as UTF-8.');
  }
  return startsWith(bytes, utf8Mark) ? utf8Mark.length : 0;
}

/** windows-1252 from 0x80 to 0x9f. Some versions of Node.js decode these as latin-1. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * How a browser would read the page: by its byte order mark, else as it declares, else (as nothing is
 * known of the server) as UTF-8 if it is that, else as windows-1252.
 *
 * @param declared the label in a `meta` element
 * @returns what decodes any part of the page
 * @throws PageError when a tag's bytes may stand for something else
 * @see https://encoding.spec.whatwg.org/
 */
export function pageDecoder(
  page: Uint8Array,
  declared: string | undefined,
): (part: Uint8Array) => string {
  const decoder = new TextDecoder(encodingOf(page, declared));
  if (decoder.encoding !== 'windows-1252') return (part) => decoder.decode(part);
  return (part) =>
    decoder
      .decode(part)
      .replace(/[\x80-\x9f]/g, (char) => WINDOWS_1252[char.charCodeAt(0) - 0x80] as string);
}

function encodingOf(page: Uint8Array, declared: string | undefined): string {
  if (textStart(page) > 0) return 'utf-8';
  const encoding = declared && knownEncoding(declared);
  if (encoding === 'iso-2022-jp') {
    throw new PageError('This page is ISO-2022-JP, which is not supported; save it as UTF-8.');
  }
  // As the standard has it: who could read the label has not read UTF-16.
  if (encoding) return encoding.startsWith('utf-16') ? 'utf-8' : encoding;
  return isUtf8(page) ? 'utf-8' : 'windows-1252';
}

function knownEncoding(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}
