// Lets routes take JSON bodies. Prototypes can't be poisoned by them.
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export interface JsonLimits {
  /** Of a body. Default: the application's. */
  largestBytes?: number;
  /** Bytes of it that are no long text: parsed, each may become thirty. Default: all of them. */
  structureBytes?: number;
}

/** From so many characters on a text is a picture rather than a part of the structure. */
const LONG_TEXT = 1_024;

/** @param types media types that are read as JSON. Default: `application/json` */
export function acceptJson(
  app: FastifyInstance,
  limits: JsonLimits = {},
  types: string[] = ['application/json'],
): void {
  const { largestBytes: bodyLimit, structureBytes = Number.POSITIVE_INFINITY } = limits;
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>(
    types,
    { parseAs: 'string', ...(bodyLimit === undefined ? {} : { bodyLimit }) },
    (request, body, done) => {
      if (!takesBody(request)) done(null);
      else if (body.length <= structureBytes || hasStructureWithin(body, structureBytes)) {
        parse(request, body, done);
      } else done(tooMuchStructure(structureBytes));
    },
  );
}

/** Adds up what stands outside of long texts, which cost no more parsed than unparsed. */
function hasStructureWithin(json: string, mostBytes: number): boolean {
  let size = 0;
  let at = 0;
  while (at < json.length && size <= mostBytes) {
    const start = json.indexOf('"', at);
    if (start === -1) return size + json.length - at <= mostBytes;
    const end = endOfText(json, start + 1);
    size += start - at;
    if (end - start < LONG_TEXT) size += end - start;
    at = end + 1;
  }
  return size <= mostBytes;
}

/** @returns where the quote is that ends the text; the end of all where there is none */
function endOfText(json: string, from: number): number {
  for (let at = json.indexOf('"', from); at !== -1; at = json.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (json[at - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return json.length;
}

const tooMuchStructure = (mostBytes: number) =>
  new DomainError(
    'payload_too_large',
    `The JSON has more than ${mostBytes} bytes beside its pictures.`,
  );

/** For routes that take no other body, or none. */
export function acceptOnlyJson(app: FastifyInstance, limits?: JsonLimits): void {
  acceptJson(app, limits);
  app.addContentTypeParser('*', (request, _payload, done) => {
    const refusal = () =>
      new DomainError('unsupported_media_type', 'Send JSON, with Content-Type: application/json.');
    done(takesBody(request) ? refusal() : null);
  });
}

/** Many clients send `{}`, or a type without a body, with whatever they ask: where no body is wanted, it is left aside. */
export const takesBody = ({ routeOptions: { schema } }: FastifyRequest) =>
  schema?.body !== undefined;
