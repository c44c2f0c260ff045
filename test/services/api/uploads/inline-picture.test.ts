// Pictures in JSON: base64 as programs write it, and nothing that only looks like it.
import { randomBytes } from 'node:crypto';
import { decodeInlinePicture, isDataUrl } from '@caption-queue/api/uploads/inline-picture';
import { describe, expect, it } from 'vitest';

const MAX_BYTES = 1_000;
const bytes = randomBytes(700);
const base64 = bytes.toString('base64');
const inLines = base64.replace(/.{76}/g, '$&\r\n');
/** Has every digit, so also those that differ between the alphabets. */
const alphabet = Buffer.from(Array.from({ length: 48 }, (_, i) => 255 - ((i * 41) % 256)));

describe('a picture in JSON', () => {
  it.each([
    ['base64', base64],
    ['base64 without padding', base64.replace(/=+$/, '')],
    ['base64 in lines', inLines],
    ['base64 with a line’s end', `${base64}\n`],
    ['a data: URL', `data:image/png;base64,${base64}`],
    ['a data: URL with parameters', `data:image/png;charset=utf-8;base64,${base64}`],
    ['a data: URL in capitals, without a type', `DATA:;BASE64,${base64}`],
    ['a data: URL that escapes', `data:image/png;base64,${encodeURIComponent(base64)}`],
  ])('may be %s', (_kind, text) => {
    expect(decodeInlinePicture(text, MAX_BYTES)).toEqual(bytes);
  });

  it('may be in the alphabet for URLs', () => {
    expect(alphabet.toString('base64')).toMatch(/[+/]/);
    expect(decodeInlinePicture(alphabet.toString('base64url'), MAX_BYTES)).toEqual(alphabet);
  });

  it.each([0, 1, 2, 3, 4, 5])('may have %i bytes', (length) => {
    const some = bytes.subarray(0, length);
    expect(decodeInlinePicture(some.toString('base64'), MAX_BYTES)).toEqual(some);
  });

  it.each([
    ['a sentence', 'a picture!'],
    ['an address', 'https://example.com/a.png'],
    ['a path', 'C:\\pictures\\a.png'],
    ['a digit too few', base64.slice(0, 5)],
    ['padding in the middle', `${base64.slice(0, 4)}==${base64.slice(4)}`],
    ['three times padding', 'AAAA==='],
    ['a byte of something else', `${base64.slice(0, 400)}*${base64.slice(401)}`],
    ['a tab', `${base64.slice(0, 400)}\t${base64.slice(400)}`],
    ['a data: URL that is not base64', 'data:image/svg+xml,<svg/>'],
    ['a data: URL without a comma', `data:image/png;base64${base64}`],
    ['a data: URL with a long head', `data:image/png;x=${'x'.repeat(300)};base64,${base64}`],
    ['a data: URL with wrong escapes', 'data:image/png;base64,AAA%ZZ'],
  ])('is refused as %s', (_kind, text) => {
    expect(() => decodeInlinePicture(text, MAX_BYTES)).toThrow(
      expect.objectContaining({ code: 'invalid_base64' }),
    );
  });

  it('may have as many bytes as an upload, in lines too, and not one more', () => {
    const largest = randomBytes(MAX_BYTES);
    const lines = largest.toString('base64').replace(/.{4}/g, '$&\n');
    expect(decodeInlinePicture(lines, MAX_BYTES)).toEqual(largest);
    for (const text of [Buffer.alloc(MAX_BYTES + 1).toString('base64'), '*'.repeat(5_000)]) {
      expect(() => decodeInlinePicture(text, MAX_BYTES)).toThrow(
        expect.objectContaining({ code: 'payload_too_large' }),
      );
    }
  });

  it('is told from an address', () => {
    expect(['data:x', 'Data:x', 'https://a.b/data:x', ''].map(isDataUrl)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
