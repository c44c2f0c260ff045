// Files of formats that are not read are named, with what to do instead.
import { deflateSync } from 'node:zlib';
import { nameUnread } from '@caption-queue/imaging/unread-formats';
import { describe, expect, it } from 'vitest';
import { answerTo, refusalOf } from '../../support/pictures/compare.ts';
import { box, u32 } from '../../support/pictures/heif.ts';

const latin = (text: string) => Buffer.from(text, 'latin1');
const ftyp = (...brands: string[]) =>
  Buffer.concat([
    box('ftyp', latin(brands[0] ?? ''), u32(0), latin(brands.slice(1).join(''))),
    Buffer.alloc(64),
  ]);

describe('a file that is not read', () => {
  it.each<[string, Buffer]>([
    ['a JPEG XL picture', latin('\xff\x0a\xfa\x7f\x01\x90\x08')],
    ['a JPEG XL picture', latin('\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl ')],
    ['a JPEG 2000 picture', latin('\0\0\0\x0cjP  \r\n\x87\n')],
    ['a Photoshop file (PSD)', latin('8BPS\0\x01')],
    ['a Windows icon (ICO)', latin('\0\0\x01\0\x01\0\x20\x20')],
    ['a camera’s raw file', latin('II*\0\x10\0\0\0CR\x02\0')],
    ['a camera’s raw file', latin('FUJIFILMCCD-RAW 0201')],
    ['a camera’s raw file', ftyp('crx ', 'crx ', 'isom')],
    ['a HEIF picture of a rare coding', ftyp('avci', 'mif1')],
    ['an SVG drawing', latin('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['an SVG drawing', latin('<?xml version="1.0"?>\n<!-- drawn -->\n<!DOCTYPE svg>\n<svg:svg/>')],
    ['a video', ftyp('isom', 'iso2', 'mp41')],
    ['a video', ftyp('qt  ')],
    ['a video', latin('\x1a\x45\xdf\xa3\x01')],
    ['a video', latin('RIFF\xff\xff\0\0AVI LIST')],
    ['a PDF document', latin('%PDF-1.7\n')],
    ['a PDF document', latin('junk before\n%PDF-1.4')],
    ['a web page', latin('<!DOCTYPE html><title>Not found</title>')],
    ['a web page', latin('<html><body><svg></svg></body></html>')],
    ['a ZIP archive or an office document', latin('PK\x03\x04\x14\0')],
    ['a Netpbm picture (PBM, PGM or PPM)', latin('P6\n640 480\n255\n')],
  ])('is called %s', async (name, bytes) => {
    expect(await refusalOf(bytes)).toBe('unsupported_image');
    const answer = await answerTo(bytes);
    expect(answer.startsWith(`This is ${name}, which is not read; `)).toBe(true);
    expect(answer).toMatch(/\.$/);
  });

  it('and not known lists what is', async () => {
    expect(await answerTo(deflateSync(Buffer.from('text')))).toBe(
      'These bytes are not a JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF or BMP picture; convert it to one of these.',
    );
  });

  it('is named at once, whatever it repeats', () => {
    for (const text of ['<!--', '<!---->', '<a:', '<svg:', '<?xml', '<!DOCTYPE [', '%PDF']) {
      const started = performance.now();
      nameUnread(latin(`<${text.repeat(100_000)}`));
      expect(performance.now() - started).toBeLessThan(100);
    }
  });
});
