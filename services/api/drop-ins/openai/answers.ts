// What OpenAI's API answers: completions, their chunks, models and errors.
//
// See https://platform.openai.com/docs/api-reference/chat/object
import type { Problem } from '@caption-queue/contract/errors';
import type { Said } from '../models.ts';
import type { ErrorBody } from '../scope.ts';

/** Of one completion and all its chunks. */
export interface Completion {
  id: string;
  /** Unix time in seconds. */
  created: number;
  model: string;
}

export function completionOf(completion: Completion, said: Said): object {
  const message = { role: 'assistant', content: said.text, refusal: said.refusal };
  return {
    ...completion,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: usageOf(said),
  };
}

/** The prompt is not read; each word of the answer is one token of the model. */
function usageOf({ text }: Said) {
  const words = text.split(/\s+/).filter(Boolean).length;
  return { prompt_tokens: 0, completion_tokens: words, total_tokens: words };
}

/** A completion as server-sent events. */
export async function* framesOf(
  completion: Completion,
  options: { saying: AsyncGenerator<string, Said, void>; includeUsage: boolean },
): AsyncGenerator<string, void, void> {
  const { saying, includeUsage } = options;
  const chunk = (choices: object[], more: object = includeUsage ? { usage: null } : {}) =>
    frame({ ...completion, object: 'chat.completion.chunk', choices, ...more });
  const delta = (delta: object, finishReason: 'stop' | null = null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finishReason }]);

  yield delta({ role: 'assistant', content: '' });
  let next = await saying.next();
  for (; !next.done; next = await saying.next()) yield delta({ content: next.value });
  const said = next.value;
  if (said.refusal !== null) yield delta({ refusal: said.refusal });
  yield delta({}, 'stop');
  if (includeUsage) yield chunk([], { usage: usageOf(said) });
  yield 'data: [DONE]\n\n';
}

export const frame = (data: object) => `data: ${JSON.stringify(data)}\n\n`;

export const modelOf = (id: string, created: number) => ({
  id,
  object: 'model',
  created,
  owned_by: 'caption-queue',
});

/** Codes that clients know by another name. */
const codes: Partial<Record<Problem['code'], string>> = {
  unauthorized: 'invalid_api_key',
  not_found: 'model_not_found',
  rate_limited: 'rate_limit_exceeded',
};

export const errorBody: ErrorBody = ({ status, code, detail, errors = [] }) => ({
  error: {
    message: detail,
    type: status >= 500 ? 'server_error' : 'invalid_request_error',
    // `/body/messages` → `messages`
    param: errors[0]?.pointer.split('/')[2] ?? null,
    code: codes[code] ?? code,
  },
});
