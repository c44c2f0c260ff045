// Receives uploads: within a budget of memory, as forms, pictures or JSON, each becoming the body that its route describes.
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance } from 'fastify';
import { acceptJson, type JsonLimits } from '../http/json-bodies.ts';
import { createUploadBudget, type UploadBudget } from './budget.ts';
import { type MultipartForm, parseMultipart } from './multipart.ts';

/** Boundaries, part headers and fields around the pictures of a form. */
export const FORM_OVERHEAD_BYTES = 64 * 1024;

export interface UploadRules {
  /** Of all pictures of a form together. */
  picturesBytes: number;
  /** Uploads being received at a time, if all are of the largest size; smaller ones share the same memory. */
  largestAtOnce: number;
  /** Parts a form may have. Default 64. */
  maxParts?: number;
  /** What comes in this field of a form is a picture. */
  pictureField: string;
  /** Makes of a form the body that the route's schema describes, or throws. */
  readForm: (form: MultipartForm) => unknown;
  /** Largest size of a body that is a picture as such. Default: there are none. */
  pictureBytes?: number;
  json: JsonRules;
}

/** Of a body with the pictures in it, and of what in it is no picture. */
export type JsonRules = Required<JsonLimits>;

/** Lets the routes of a scope take uploads. @returns their budget; its hook goes to each of the routes */
export function receiveUploads(app: FastifyInstance, rules: UploadRules): UploadBudget {
  const { picturesBytes, largestAtOnce, pictureBytes, json } = rules;
  const largestBytes = picturesBytes + FORM_OVERHEAD_BYTES;
  acceptForms(app, largestBytes, rules);
  if (pictureBytes !== undefined) acceptPictures(app, pictureBytes);
  acceptJson(app, json);
  return createUploadBudget({ budgetBytes: largestAtOnce * largestBytes, largestBytes, json });
}

function acceptForms(app: FastifyInstance, bodyLimit: number, rules: UploadRules): void {
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit },
    (request, body: Buffer, done) => {
      try {
        const contentType = request.headers['content-type'] ?? '';
        done(null, rules.readForm(parseMultipart(body, contentType, rules)));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** The body is the picture's bytes then. */
function acceptPictures(app: FastifyInstance, bodyLimit: number): void {
  for (const type of [/^image\//, 'application/octet-stream']) {
    app.addContentTypeParser<Buffer>(
      type,
      { parseAs: 'buffer', bodyLimit },
      (_request, body, done) => done(null, body),
    );
  }
}

/** @returns the form's fields and its one picture, still to be checked against the schema */
export function readPictureForm(
  { fields, files }: MultipartForm,
  maxBytes: number,
): Record<string, unknown> {
  const [file, second] = files;
  if (second !== undefined) {
    throw new DomainError(
      'malformed_multipart',
      'The form has more than one file; send one picture a request.',
    );
  }
  if (file === undefined) {
    throw new DomainError(
      'malformed_multipart',
      'The form has no file; send the picture in the field "image".',
    );
  }
  if (file.bytes.length > maxBytes) throw pictureTooLarge(maxBytes);
  if (file.name in fields) {
    throw new DomainError('malformed_multipart', `The form has two parts of one name.`);
  }
  return Object.assign(Object.create(null), fields, { [file.name]: file.bytes });
}

/** @returns the form's fields and its pictures, still to be checked against the schema */
export function readPicturesForm({ fields, files }: MultipartForm): Record<string, unknown> {
  // PHP, and libraries that think of it, mark a list by its name.
  const stray = files.find(({ name }) => name !== 'images' && name !== 'images[]');
  if (stray !== undefined) {
    throw new DomainError(
      'malformed_multipart',
      'Send each picture as a file in a form field "images".',
    );
  }
  return Object.assign(Object.create(null), fields, { images: files.map(({ bytes }) => bytes) });
}

export const pictureTooLarge = (maxBytes: number) =>
  new DomainError('payload_too_large', `The picture is larger than ${maxBytes} bytes.`);
