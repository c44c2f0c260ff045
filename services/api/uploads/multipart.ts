// Reads a complete multipart/form-data body (RFC 7578). The body is bounded and in memory already, so the whole
// parser is a few searches, every malformed body gets the same clear answer, and nothing is left half-read.
import { DomainError } from '@caption-queue/contract/errors';
import { readHeaders, readParameters } from './part-headers.ts';

/** RFC 2046 allows 70; more is an attack or a mistake. */
const MAX_BOUNDARY_CHARACTERS = 70;
/** Of one part; real ones take about 150. */
const MAX_HEADER_BYTES = 8 * 1024;
/** White space after a boundary; gateways add a few. */
const MAX_PADDING_BYTES = 1024;
/** Of a field's value; the longest that any route takes is far shorter. */
const MAX_FIELD_BYTES = 16 * 1024;
const DEFAULT_MAX_PARTS = 64;

/** Those in which a part's bytes are what they are; RFC 7578, 4.7, wants no others. */
const plainEncodings: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary']);

export interface MultipartFile {
  name: string;
  /** As declared, in lower case and without parameters. */
  mediaType: string | undefined;
  bytes: Buffer;
}

export interface MultipartForm {
  /** Without prototype, so no name is special. A list is a name that came more than once. */
  fields: Record<string, string | string[]>;
  /** The file name itself is ignored. */
  files: MultipartFile[];
}

interface MultipartOptions {
  /** Default 64. */
  maxParts?: number | undefined;
  /** What comes in this field is a picture, whatever else its part says. */
  pictureField?: string | undefined;
}

/**
 * A part is a file when it has a file name or the type of a picture. What a form left blank, a file or a field without
 * bytes, is left out.
 *
 * @param contentType the request's `Content-Type`, with its boundary
 * @throws {DomainError} `malformed_multipart`; `payload_too_large` for too many parts
 */
export function parseMultipart(
  body: Buffer,
  contentType: string,
  options: MultipartOptions = {},
): MultipartForm {
  const form: MultipartForm = { fields: Object.create(null), files: [] };
  for (const { headers, bytes } of splitParts(body, readBoundary(contentType), options)) {
    addPart(form, { ...readPartHeaders(headers), bytes }, options.pictureField);
  }
  return form;
}

function readBoundary(contentType: string): string {
  const boundary = readParameters(contentType).get('boundary') ?? '';
  if (boundary === '') {
    throw malformed(
      'the Content-Type header names no boundary; let what builds the form set that header',
    );
  }
  if (boundary.length > MAX_BOUNDARY_CHARACTERS) {
    throw malformed(`the boundary is longer than ${MAX_BOUNDARY_CHARACTERS} characters`);
  }
  return boundary;
}

/**
 * Takes time that grows with the body's length and nothing else: what is searched for begins with a line end and has
 * no other, so what is compared at one line end is never compared again at the next.
 *
 * @see RFC 2046, 5.1.1. Lines may end in LF alone, as scripts write them, if the first one does.
 */
function* splitParts(
  body: Buffer,
  boundary: string,
  { maxParts = DEFAULT_MAX_PARTS }: MultipartOptions,
): Generator<{ headers: string; bytes: Buffer }> {
  const dashBoundary = Buffer.from(`--${boundary}`, 'latin1');
  let at = findFirstLine(body, dashBoundary) + dashBoundary.length;
  const newline = body[skipPadding(body, at)] === LF ? '\n' : '\r\n';
  const delimiter = Buffer.from(`${newline}--${boundary}`, 'latin1');

  for (let parts = 0; body.toString('latin1', at, at + 2) !== '--'; parts += 1) {
    const start = skipPadding(body, at) + newline.length;
    if (body.toString('latin1', start - newline.length, start) !== newline) {
      throw malformed('a boundary is followed by neither a part nor the end');
    }
    if (parts === maxParts) throw tooLarge(`more than ${maxParts} parts`);
    const end = body.indexOf(delimiter, start - newline.length);
    if (end === -1) throw malformed('a part does not end with the boundary');
    const part = body.subarray(start, Math.max(start, end));
    const headerEnd = part.subarray(0, MAX_HEADER_BYTES).indexOf(newline + newline);
    if (headerEnd === -1) throw malformed('a part has no headers, or too long ones');
    const headers = part.toString('utf8', 0, headerEnd);
    yield { headers, bytes: part.subarray(headerEnd + 2 * newline.length) };
    at = end + delimiter.length;
  }
}

const TAB = 0x09;
const LF = 0x0a;
const BLANK = 0x20;

/** A preamble may come before it, but it always begins a line. */
function findFirstLine(body: Buffer, dashBoundary: Buffer): number {
  if (body.subarray(0, dashBoundary.length).equals(dashBoundary)) return 0;
  const lineEnd = body.indexOf(Buffer.concat([Buffer.of(LF), dashBoundary]));
  if (lineEnd !== -1) return lineEnd + 1;
  throw malformed('the boundary that the Content-Type header names does not occur');
}

function skipPadding(body: Buffer, start: number): number {
  const mostEnd = start + MAX_PADDING_BYTES;
  let at = start;
  while (at < mostEnd && (body[at] === BLANK || body[at] === TAB)) at += 1;
  return at;
}

interface Part {
  name: string;
  fileName: string | undefined;
  mediaType: string | undefined;
  bytes: Buffer;
}

function readPartHeaders(text: string): Omit<Part, 'bytes'> {
  const headers = readHeaders(text);
  if (headers === undefined) throw malformed('a part has a malformed header');
  const disposition = headers.get('content-disposition') ?? '';
  const parameters = readParameters(disposition);
  const name = parameters.get('name');
  if (!/^form-data\s*;/i.test(disposition) || name === undefined) {
    throw malformed('a part has no Content-Disposition with a name');
  }
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase() ?? 'binary';
  if (!plainEncodings.has(encoding)) {
    throw malformed(`"${shorten(name)}" is in ${shorten(encoding)}; send its bytes as they are`);
  }
  return {
    name,
    fileName: parameters.get('filename') ?? parameters.get('filename*'),
    mediaType: /^[^;\s]+/.exec(headers.get('content-type') ?? '')?.[0].toLowerCase(),
  };
}

function addPart(form: MultipartForm, part: Part, pictureField: string | undefined): void {
  const { name, fileName, mediaType, bytes } = part;
  // Browsers and libraries send what a form left blank; `_charset_` is a browser's own (RFC 7578, 4.6).
  if ((bytes.length === 0 && !fileName) || name === '_charset_') return;
  if (fileName !== undefined || mediaType?.startsWith('image/') || name === pictureField) {
    form.files.push({ name, mediaType, bytes });
    return;
  }
  if (bytes.length > MAX_FIELD_BYTES) {
    throw malformed(
      `the field "${shorten(name)}" is longer than ${MAX_FIELD_BYTES} bytes; a file needs a file name`,
    );
  }
  const value = bytes.toString('utf8');
  const before = form.fields[name];
  if (before === undefined) form.fields[name] = value;
  else if (typeof before === 'string') form.fields[name] = [before, value];
  else before.push(value);
}

const shorten = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

const malformed = (why: string) =>
  new DomainError('malformed_multipart', `The multipart body cannot be read: ${why}.`);

const tooLarge = (why: string) =>
  new DomainError('payload_too_large', `The multipart body is too large: ${why}.`);
