// Reads a complete multipart/form-data body (RFC 7578). The body is bounded and in memory already, so the whole
// parser is a few searches, every malformed body gets the same clear answer, and nothing is left half-read.
import { DomainError } from '@caption-queue/contract/errors';

/** RFC 2046 allows 70; more is an attack or a mistake. */
const MAX_BOUNDARY_CHARACTERS = 70;
/** Of one part; real ones take about 150. */
const MAX_HEADER_BYTES = 8 * 1024;
/** Of a field's value; the longest that any route takes is far shorter. */
const MAX_FIELD_BYTES = 16 * 1024;
const DEFAULT_MAX_PARTS = 64;

/** `; name="value"` or `; name=value`. Browsers write a quote within a value as %22, so none is escaped. */
const PARAMETER = /;\s*([^=;\s]+)=(?:"([^"]*)"|([^;\s]*))/g;

export interface MultipartFile {
  name: string;
  /** As declared, in lower case and without parameters. */
  mediaType: string | undefined;
  bytes: Buffer;
}

export interface MultipartForm {
  /** Without prototype, so no name is special. A name that comes twice is malformed. */
  fields: Record<string, string>;
  /** Parts with a file name. The file name itself is ignored. */
  files: MultipartFile[];
}

/**
 * @param contentType the request's `Content-Type`, with its boundary
 * @param options.maxParts default 64
 * @throws {DomainError} `malformed_multipart`; `payload_too_large` for too many parts
 */
export function parseMultipart(
  body: Buffer,
  contentType: string,
  options: { maxParts?: number | undefined } = {},
): MultipartForm {
  const { maxParts = DEFAULT_MAX_PARTS } = options;
  const delimiter = Buffer.from(`--${readBoundary(contentType)}`, 'latin1');
  const between = Buffer.concat([Buffer.from('\r\n'), delimiter]);
  const form: MultipartForm = { fields: Object.create(null), files: [] };

  let start = findFirstDelimiter(body, delimiter);
  for (let parts = 0; ; parts += 1) {
    const afterDelimiter = start + delimiter.length;
    const mark = body.toString('latin1', afterDelimiter, afterDelimiter + 2);
    if (mark === '--') return form;
    if (mark !== '\r\n') throw malformed('a boundary is followed by neither a part nor the end');
    if (parts === maxParts) throw tooLarge(`more than ${maxParts} parts`);
    const partStart = afterDelimiter + 2;
    const partEnd = body.indexOf(between, partStart - 2);
    if (partEnd < partStart) throw malformed('a part does not end with the boundary');
    addPart(form, body.subarray(partStart, partEnd));
    start = partEnd + 2;
  }
}

function readBoundary(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]*)"|([^;\s]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2] ?? '';
  if (boundary === '') throw malformed('the Content-Type header names no boundary');
  if (boundary.length > MAX_BOUNDARY_CHARACTERS) {
    throw malformed(`the boundary is longer than ${MAX_BOUNDARY_CHARACTERS} characters`);
  }
  return boundary;
}

function findFirstDelimiter(body: Buffer, delimiter: Buffer): number {
  for (let at = body.indexOf(delimiter); at !== -1; at = body.indexOf(delimiter, at + 1)) {
    // A preamble may come first, but the delimiter always begins a line.
    if (at === 0 || body.toString('latin1', at - 2, at) === '\r\n') return at;
  }
  throw malformed('the boundary that the Content-Type header names does not occur');
}

function addPart(form: MultipartForm, part: Buffer): void {
  const headerEnd = part.subarray(0, MAX_HEADER_BYTES).indexOf('\r\n\r\n');
  if (headerEnd === -1) throw malformed('a part has no headers, or too long ones');
  const headers = part.toString('utf8', 0, headerEnd);
  const { name, isFile } = readDisposition(headers);
  const bytes = part.subarray(headerEnd + 4);
  if (isFile) {
    const type = /^content-type:\s*([^;\s]+)/im.exec(headers)?.[1];
    form.files.push({ name, mediaType: type?.toLowerCase(), bytes });
    return;
  }
  if (bytes.length > MAX_FIELD_BYTES) {
    throw malformed(
      `the field "${shorten(name)}" is longer than ${MAX_FIELD_BYTES} bytes; a file needs a file name`,
    );
  }
  if (name in form.fields) throw malformed(`the field "${shorten(name)}" comes twice`);
  form.fields[name] = bytes.toString('utf8');
}

function readDisposition(headers: string): { name: string; isFile: boolean } {
  const lines = headers.split('\r\n');
  if (!lines.every((line) => /^[\w!#$%&'*+.^`|~-]+:/.test(line))) {
    throw malformed('a part has a malformed header');
  }
  const value = lines.find((line) => /^content-disposition:/i.test(line))?.split(/:(.*)/s)[1];
  const parameters = /^\s*form-data\s*(;.*)$/is.exec(value ?? '')?.[1] ?? '';
  let name: string | undefined;
  let isFile = false;
  for (const [, key, quoted, token] of parameters.matchAll(PARAMETER)) {
    if (key?.toLowerCase() === 'name') name ??= quoted ?? token;
    if (/^filename\*?$/i.test(key ?? '')) isFile = true;
  }
  if (name === undefined) throw malformed('a part has no Content-Disposition with a name');
  return { name, isFile };
}

const shorten = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

const malformed = (why: string) =>
  new DomainError('malformed_multipart', `The multipart body cannot be read: ${why}.`);

const tooLarge = (why: string) =>
  new DomainError('payload_too_large', `The multipart body is too large: ${why}.`);
