// What Ollama's clients ask for, as far as it matters here.
//
// See https://github.com/ollama/ollama/blob/main/docs/api.md
import Type from 'typebox';
import { validationError } from '../../http/validator.ts';
import { decodeInlinePicture } from '../../uploads/inline-picture.ts';
import { MOST_PICTURES } from '../captioner.ts';
import { findModel, type Wanted } from '../models.ts';

const maybe = <T extends Type.TSchema>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

const images = maybe(Type.Array(Type.String({ description: 'Base64.' })));
const asked = { model: Type.String(), stream: maybe(Type.Boolean()) };

/** Whatever else is sent (options, format, keep_alive, …) makes no difference. */
export const GenerateRequest = Type.Object({ ...asked, prompt: maybe(Type.String()), images });
export type GenerateRequest = Type.Static<typeof GenerateRequest>;

export const ChatRequest = Type.Object({
  ...asked,
  messages: maybe(
    Type.Array(Type.Object({ role: Type.String(), content: maybe(Type.String()), images })),
  ),
});
export type ChatRequest = Type.Static<typeof ChatRequest>;

/** Older clients say `name`. */
export const ShowRequest = Type.Object({
  model: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
});
export type ShowRequest = Type.Static<typeof ShowRequest>;

/** Of any name Ollama's tools make one with a tag. @throws DomainError `not_found` */
export const findTagged = (name: string): Wanted => findModel(name.replace(/:latest$/, ''));

/** @throws a validation error when there is none; DomainError `invalid_base64`, `payload_too_large` */
export function decodePictures(
  images: readonly string[] | null | undefined,
  { pointer, maxBytes }: { pointer: string; maxBytes: number },
): Buffer[] {
  const [first, ...others] = images ?? [];
  if (first === undefined) {
    throw validationError(
      pointer,
      'has no picture; this service captions pictures and can do nothing else. Send them as "images", each as base64',
    );
  }
  if (others.length >= MOST_PICTURES) {
    throw validationError(pointer, `has more than ${MOST_PICTURES} pictures`);
  }
  return [first, ...others].map((image) => decodeInlinePicture(image, maxBytes));
}
