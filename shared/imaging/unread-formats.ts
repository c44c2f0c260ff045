// Names files that people send and that are not read, with what to do instead.
import { DomainError } from '@caption-queue/contract/errors';
import { brandsOf } from './formats/heif.ts';
import { isCameraRaw } from './formats/tiff.ts';
import { READ_FORMATS } from './sniff-format.ts';

export interface UnreadFormat {
  /** E.g. "a PDF document". */
  name: string;
  advice: string;
  /** Whether it is a picture, of a kind that is not read. */
  isPicture: boolean;
}

const TO_JPEG = 'convert it to JPEG or PNG.';
const picture = (name: string, advice = TO_JPEG): UnreadFormat => ({
  name,
  advice,
  isPicture: true,
});
const other = (name: string, advice: string): UnreadFormat => ({ name, advice, isPicture: false });

const JPEG_XL = picture('a JPEG XL picture');
const JPEG_2000 = picture('a JPEG 2000 picture');
const RAW = picture(
  'a camera’s raw file',
  'send the JPEG that the camera can save beside it, or export one.',
);
/** Drawn, and described otherwise than photos. */
export const SVG = picture('an SVG drawing', 'export it as PNG.');
const VIDEO = other('a video', 'send a single frame of it as JPEG or PNG.');
const PDF = other('a PDF document', 'export the page or the picture in it as JPEG or PNG.');
const WEB_PAGE = other(
  'a web page',
  'send the picture itself; the address may have led to a page about it.',
);
const ARCHIVE = other('a ZIP archive or an office document', 'send each picture in it as a file.');

/** What files begin with, in Latin 1; from `at` on. */
const SIGNATURES: readonly { at?: number; begins: string; format: UnreadFormat }[] = [
  { begins: '\xff\x0a', format: JPEG_XL },
  { begins: '\0\0\0\x0cJXL \r\n\x87\n', format: JPEG_XL },
  { begins: '\0\0\0\x0cjP  \r\n\x87\n', format: JPEG_2000 },
  { begins: '\xff\x4f\xff\x51', format: JPEG_2000 },
  { begins: '8BPS', format: picture('a Photoshop file (PSD)', 'export it as JPEG or PNG.') },
  { begins: 'gimp xcf', format: picture('a GIMP file (XCF)', 'export it as JPEG or PNG.') },
  { begins: '\0\0\x01\0', format: picture('a Windows icon (ICO)', 'export it as PNG.') },
  { begins: 'v/1\x01', format: picture('an OpenEXR picture') },
  { begins: '#?RADIANCE', format: picture('a Radiance HDR picture') },
  { begins: 'FUJIFILMCCD-RAW', format: RAW },
  { begins: 'IIRO', format: RAW },
  { begins: 'IIRS', format: RAW },
  { begins: 'IIU\0', format: RAW },
  { begins: 'FOVb', format: RAW },
  { begins: '%!PS', format: picture('a PostScript file', 'export it as PNG.') },
  { begins: 'AT&TFORM', format: picture('a DjVu document', 'export the page as JPEG or PNG.') },
  { at: 128, begins: 'DICM', format: picture('a DICOM file', 'export the picture in it as PNG.') },
  { at: 40, begins: ' EMF', format: picture('a Windows metafile (EMF)', 'export it as PNG.') },
  { begins: '\xd7\xcd\xc6\x9a', format: picture('a Windows metafile (WMF)', 'export it as PNG.') },
  { begins: 'qoif', format: picture('a QOI picture') },
  { begins: '%PDF-', format: PDF },
  { begins: '\x1a\x45\xdf\xa3', format: VIDEO },
  { at: 8, begins: 'AVI LIST', format: VIDEO },
  { begins: '\0\0\x01\xba', format: VIDEO },
  { begins: 'FLV\x01', format: VIDEO },
  { at: 4, begins: 'moov', format: VIDEO },
  { at: 4, begins: 'mdat', format: VIDEO },
  { at: 4, begins: 'wide', format: VIDEO },
  { begins: 'PK\x03\x04', format: ARCHIVE },
];

const NETPBM = /^P[1-7]\s/;
const MARKUP = /^<[a-z!?]/i;
const SVG_ELEMENT = /<(?:svg|\w{1,9}:svg)[\s/>]/i;
const HTML_ELEMENT = /<(?:!doctype html|html|head|body)\b/i;
const MAX_MARKUP_BYTES = 2048;
/** Readers of PDF look for its beginning in the first kilobyte. */
const MAX_BEFORE_PDF = 1024;

/** @param bytes without blanks before them; the first 4,096 are enough */
export function nameUnread(bytes: Uint8Array): UnreadFormat | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    'latin1',
    0,
    MAX_MARKUP_BYTES,
  );
  const known = SIGNATURES.find(({ at = 0, begins }) => head.startsWith(begins, at));
  if (known !== undefined) return known.format;
  if (isCameraRaw(bytes)) return RAW;
  if (NETPBM.test(head)) return picture('a Netpbm picture (PBM, PGM or PPM)');
  if (MARKUP.test(head)) {
    if (HTML_ELEMENT.test(head)) return WEB_PAGE;
    if (SVG_ELEMENT.test(head)) return SVG;
  }
  if (head.slice(0, MAX_BEFORE_PDF).includes('%PDF-')) return PDF;
  const brands = brandsOf(bytes);
  if (brands[0] === 'crx ') return RAW;
  if (brands.includes('jxl ')) return JPEG_XL;
  if (brands.some((brand) => /^(mif1|msf1|miaf|avci|avcs|jpeg|j2ki)$/.test(brand))) {
    return picture('a HEIF picture of a rare coding');
  }
  return brands.length > 0 ? VIDEO : undefined;
}

/** What to say of bytes that are no picture of a format that is read. */
export function unsupported(bytes: Uint8Array): DomainError {
  const unread = nameUnread(bytes);
  return new DomainError(
    'unsupported_image',
    unread === undefined
      ? `These bytes are not a ${READ_FORMATS} picture; convert it to one of these.`
      : `This is ${unread.name}, which is not read; ${unread.advice}`,
  );
}
