// A chat completion as it is asked for, as far as it matters here: the model, the pictures, and how to answer.
//
// See https://platform.openai.com/docs/api-reference/chat/create
import Type from 'typebox';
import { Value } from 'typebox/value';
import { validationError } from '../../http/validator.ts';
import { decodeInlinePicture, isDataUrl } from '../../uploads/inline-picture.ts';
import { MOST_PICTURES } from '../captioner.ts';

const maybe = <T extends Type.TSchema>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

/** Whatever else is sent (temperature, tools, …) makes no difference. */
export const ChatRequest = Type.Object({
  model: Type.String(),
  messages: Type.Array(
    Type.Object({
      role: Type.String(),
      content: maybe(Type.Union([Type.String(), Type.Array(Type.Object({ type: Type.String() }))])),
    }),
    { minItems: 1 },
  ),
  stream: maybe(Type.Boolean()),
  stream_options: maybe(Type.Object({ include_usage: maybe(Type.Boolean()) })),
  n: maybe(Type.Integer()),
  response_format: maybe(Type.Object({ type: Type.String() })),
});
export type ChatRequest = Type.Static<typeof ChatRequest>;

/** `input_image` is how the newer Responses API names it. */
const IMAGE_PARTS = ['image_url', 'input_image'];
const ImagePart = Type.Object({
  image_url: Type.Union([Type.String(), Type.Object({ url: Type.String() })]),
});

/** @throws a validation error for what can't be answered as it was asked */
export function checkAnswerable({ n, response_format: format }: ChatRequest): void {
  if ((n ?? 1) !== 1) throw validationError('/n', 'must be 1: there is one answer');
  if ((format?.type ?? 'text') !== 'text') {
    throw validationError('/response_format', 'must be text: the answer is a plain sentence');
  }
}

/**
 * The pictures of the last user message: those before were answered before.
 *
 * @returns bytes, or addresses
 * @throws a validation error when there is none; DomainError `invalid_base64`, `payload_too_large`
 */
export function picturesOf({ messages }: ChatRequest, maxBytes: number): (Buffer | string)[] {
  const content = messages.findLast(({ role }) => role === 'user')?.content;
  const parts = Array.isArray(content) ? content : [];
  const pictures = parts.filter(({ type }) => IMAGE_PARTS.includes(type));
  if (pictures.length === 0) {
    throw validationError(
      '/messages',
      'has no picture in the last user message; this service captions pictures and can do nothing else. Send {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,…"}}',
    );
  }
  if (pictures.length > MOST_PICTURES) {
    throw validationError('/messages', `has more than ${MOST_PICTURES} pictures in one message`);
  }
  return pictures.map((part) => {
    if (!Value.Check(ImagePart, part)) {
      throw validationError('/messages', 'has an image part without an image_url');
    }
    const { image_url: image } = part;
    const url = typeof image === 'string' ? image : image.url;
    return isDataUrl(url) ? decodeInlinePicture(url, maxBytes) : url;
  });
}
