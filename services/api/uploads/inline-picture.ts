// Pictures inside JSON: as base64 (RFC 4648) or as a data: URL (RFC 2397).
import { constants } from 'node:buffer';
import { DomainError } from '@caption-queue/contract/errors';
import { type JsonRules, pictureTooLarge } from './receive.ts';

/** Of a data: URL, what comes before its comma; real ones have about 25. */
const MOST_HEAD_CHARACTERS = 256;
/** Base64 in lines, with their ends and its slashes escaped, is longer: by 4 in 76, and by 1 in 64. */
const ESCAPES = 1.07;
/** What programs break base64 into lines with; nothing else may stand between its digits. */
const BLANKS = ['\n', '\r', ' '];

/** @returns is this a picture itself, and not the address of one? */
export const isDataUrl = (text: string): boolean => /^data:/i.test(text);

/** For JSON with so many bytes of pictures in it, and `structureBytes` of all else. */
export function jsonWithPictures(picturesBytes: number, structureBytes: number): JsonRules {
  const base64Bytes = Math.ceil(picturesBytes / 3) * 4 * ESCAPES;
  const largestBytes = Math.min(
    Math.ceil(base64Bytes) + structureBytes,
    constants.MAX_STRING_LENGTH,
  );
  return { largestBytes, structureBytes };
}

/**
 * Decodes a picture. Takes base64 as programs write it: in either alphabet, with padding or without, in lines or in one.
 *
 * @param text base64, plain or as a `data:` URL
 * @param maxBytes of the decoded picture; a larger one is refused undecoded
 * @throws DomainError `invalid_base64`, `payload_too_large`
 */
export function decodeInlinePicture(text: string, maxBytes: number): Buffer {
  const base64 = isDataUrl(text) ? readDataUrl(text) : text;
  const size = decodedSize(base64);
  if (size > maxBytes) throw pictureTooLarge(maxBytes);
  const bytes = Buffer.from(base64, 'base64');
  // Node.js passes over what is no base64, so fewer bytes come out.
  if (bytes.length !== size) throw invalid('it has characters that base64 has not, or was cut');
  return bytes;
}

/** @returns bytes, if all of it is base64; of a length that none has: a number with a fraction */
function decodedSize(base64: string): number {
  const blanks = BLANKS.reduce((count, blank) => count + occurrences(base64, blank), 0);
  const padding = /={0,2}\s*$/.exec(base64.slice(-8))?.[0].trimEnd().length ?? 0;
  const digits = base64.length - blanks - padding;
  const size = (digits * 3) / 4;
  return digits % 4 === 1 ? size : Math.floor(size);
}

function occurrences(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) {
    count += 1;
  }
  return count;
}

function readDataUrl(text: string): string {
  const head = text.slice(0, MOST_HEAD_CHARACTERS);
  const comma = head.indexOf(',');
  if (comma === -1 || !/;\s*base64$/i.test(head.slice(0, comma))) {
    throw invalid('a data: URL must begin like "data:image/png;base64,"');
  }
  const data = text.slice(comma + 1);
  // In a URL "+", "/" and "=" may be written as %2B, %2F and %3D.
  return data.includes('%') ? data.replaceAll(/%(2B|2F|3D)/gi, decodeURIComponent) : data;
}

const invalid = (why: string) =>
  new DomainError('invalid_base64', `The picture is not base64: ${why}.`);
