// The decode stage of one caption: features to words, streamed as they come, and the result written to the record.
import { captionOutput } from '@caption-queue/captioning/caption-output';
import type { CaptionOptions } from '@caption-queue/contract/caption';
import type { WorkStore } from '@caption-queue/queue/caption-store';
import type { DecodeClaim, ProgressEvent } from '@caption-queue/queue/claim';
import type { ResultWriter } from '@caption-queue/queue/result-cache';
import { createEventWriter } from './event-writer.ts';

export interface Generated {
  words: { text: string; logProb: number }[];
  /** Best first; the first is the caption. */
  alternatives: { caption: string; logProb: number }[];
}

export type GeneratedEvent =
  | { type: 'word'; index: number; text: string; logProb: number; attention?: number[] }
  | { type: 'draft'; caption: string };

/** All that the stage needs of a model. Rejects with the signal's reason once it has fired. */
export type GenerateCaptions = (request: {
  /** float16 bits, [8, 8, 2048]. */
  features: Uint16Array;
  options: CaptionOptions;
  signal: AbortSignal;
  onEvent: (event: GeneratedEvent) => void;
}) => Promise<Generated>;

export interface DecodeProcessorOptions {
  generate: GenerateCaptions;
  store: Pick<WorkStore, 'appendEvents' | 'succeed'>;
  /** Where captions go for the next request of the same picture. */
  results: ResultWriter;
  model: { name: string; version: string };
  /** Told how many words a finished caption has. */
  onWords?: (count: number) => void;
}

/** Builds the processor; it throws what the model or the store throws. */
export function createDecodeProcessor(options: DecodeProcessorOptions) {
  const { generate, store, results, model, onWords } = options;

  return async function decodeCaption(claim: DecodeClaim, signal: AbortSignal): Promise<void> {
    const begin = performance.now();
    const given = new AbortController();
    const stop = () => given.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const writer = createEventWriter({
      claim,
      store,
      onFailure: (error) => given.abort(error),
    });
    try {
      const generated = await generate({
        features: claim.features,
        options: claim.options,
        signal: given.signal,
        onEvent: (event) => writer.push(toProgress(event)),
      });
      await writer.finish();
      signal.throwIfAborted();
      const decodeMs = Math.round(performance.now() - begin);
      const output = captionOutput(generated);
      await store.succeed({ claim, output, decodeMs, model });
      onWords?.(generated.words.length);
      const { bundleHash } = claim;
      await results.set(claim, { output, model, bundleHash });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };
}

function toProgress(event: GeneratedEvent): ProgressEvent {
  if (event.type === 'draft') return { type: 'draft', data: { caption: event.caption } };
  const { index, text, logProb, attention } = event;
  return {
    type: 'word',
    data: {
      index,
      text,
      log_prob: logProb,
      ...(attention === undefined ? {} : { attention: attention.map(rounded) }),
    },
  };
}

/** Weights are drawn, not computed with: five digits are plenty, and 64 of them come with every word. */
function rounded(weight: number): number {
  return Math.round(weight * 1e5) / 1e5;
}
