// What Ollama answers: lines of a generation or a chat, models and errors.
//
// See https://github.com/ollama/ollama/blob/main/docs/api.md
import type { CaptionMetrics } from '@caption-queue/contract/caption';
import type { Heartbeat } from '@caption-queue/contract/heartbeat';
import { modelNames, type Said } from '../models.ts';
import type { ErrorBody } from '../scope.ts';

/** Where the text stands: `generate` and `chat` differ in nothing else. */
type Wording = (text: string) => object;
export const asResponse: Wording = (response) => ({ response });
export const asMessage: Wording = (content) => ({ message: { role: 'assistant', content } });

export interface Asked {
  model: string;
  wording: Wording;
}

const part = ({ model, wording }: Asked, text: string) => ({
  model,
  created_at: new Date().toISOString(),
  ...wording(text),
});

/** The last line, or the only one. */
export function doneOf(asked: Asked, { text, said }: { text: string; said: Said }): object {
  const sum = (name: 'total_ms' | 'encode_ms' | 'decode_ms') =>
    said.captions.reduce((total, { metrics }) => total + nanoseconds(metrics[name]), 0);
  return {
    ...part(asked, text),
    ...(said.refusal === null ? {} : { refusal: said.refusal }),
    done: true,
    done_reason: 'stop',
    total_duration: sum('total_ms'),
    load_duration: 0,
    // The prompt is not read; the picture is looked at instead.
    prompt_eval_count: 0,
    prompt_eval_duration: sum('encode_ms'),
    // Each word of the answer is one token of the model.
    eval_count: said.text.split(/\s+/).filter(Boolean).length,
    eval_duration: sum('decode_ms'),
  };
}

/** Nothing is taken where the caption was known. */
const nanoseconds = (ms: CaptionMetrics['total_ms']) => Math.round((ms ?? 0) * 1e6);

export async function* linesOf(
  asked: Asked,
  saying: AsyncGenerator<string, Said, void>,
): AsyncGenerator<string, void, void> {
  let next = await saying.next();
  for (; !next.done; next = await saying.next()) {
    yield line({ ...part(asked, next.value), done: false });
  }
  yield line(doneOf(asked, { text: '', said: next.value }));
}

export const line = (data: object) => `${JSON.stringify(data)}\n`;

/** As when a model is asked for without a prompt, to have it loaded: here it always is. */
export const loadedOf = (asked: Asked) => ({
  ...part(asked, ''),
  done: true,
  done_reason: 'load',
});

/** A decoder that is at work, or what stands for it while there is none. */
export interface Decoder extends Pick<Heartbeat, 'startedAt'> {
  model: Heartbeat['model'];
}

const details = ({ model }: Decoder) => ({
  parent_model: '',
  format: 'onnx',
  family: 'inception-lstm',
  families: ['inception-lstm'],
  parameter_size: '',
  quantization_level: model?.precision ?? '',
});

/** The models as Ollama lists them, always with a tag. */
export const modelsOf = (decoder: Decoder) =>
  modelNames.map((name) => ({
    name: `${name}:latest`,
    model: `${name}:latest`,
    modified_at: decoder.startedAt,
    digest: decoder.model?.bundleHash ?? '',
    details: details(decoder),
  }));

export const shownOf = (decoder: Decoder) => ({
  modelfile: '',
  parameters: '',
  template: '{{ .Prompt }}',
  details: details(decoder),
  model_info: {
    'general.architecture': 'inception-lstm',
    'general.name': decoder.model?.name ?? null,
    'general.version': decoder.model?.version ?? null,
  },
  capabilities: ['completion', 'vision'],
  modified_at: decoder.startedAt,
});

export const errorBody: ErrorBody = ({ detail }) => ({ error: detail });
