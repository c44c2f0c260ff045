// The decode stage of one caption: features to words, streamed as they come, and the result written to the record.

import type { ResultWriter } from '@caption-queue/cache/results';
import type { DecodeClaim, ProgressEvent } from '@caption-queue/captions/claim-outcome';
import type { WorkStore } from '@caption-queue/captions/store';
import type { CaptionOptions, CaptionOutput } from '@caption-queue/contract/caption';
import { createEventWriter } from './event-writer.ts';

export type GeneratedEvent =
  | { type: 'word'; index: number; text: string; logProb: number; attention?: number[] }
  | { type: 'draft'; caption: string };

/** All that the stage needs of a model. Rejects with the signal's reason once it has fired. */
export type CaptionPicture = (request: {
  /** As the encoder gave them. */
  features: Uint8Array;
  options: CaptionOptions;
  signal: AbortSignal;
  onEvent: (event: GeneratedEvent) => void;
}) => Promise<CaptionOutput>;

export interface DecodeProcessorOptions {
  captionPicture: CaptionPicture;
  store: Pick<WorkStore, 'appendEvents' | 'succeed'>;
  /** Where captions go for the next request of the same picture. */
  results: ResultWriter;
  model: { name: string; version: string };
  /** Told how many words a finished caption has. */
  onWords?: (count: number) => void;
}

/** Builds the processor; it throws what the model or the store throws. */
export function createDecodeProcessor(options: DecodeProcessorOptions) {
  const { captionPicture, store, results, model, onWords } = options;

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
      const output = await captionPicture({
        features: claim.features,
        options: claim.options,
        signal: given.signal,
        onEvent: (event) => writer.push(toProgress(event)),
      });
      const events = await writer.finish();
      signal.throwIfAborted();
      const decodeMs = Math.round(performance.now() - begin);
      await store.succeed({ claim, events, output, decodeMs, model });
      onWords?.(output.words.length);
      const { bundleHash } = claim;
      await results.set(claim, { output, model, bundleHash });
    } finally {
      writer.stop();
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
