// Writes a caption's words and drafts to its stream while the next ones are computed.

import type { DecodeClaim, ProgressEvent } from '@caption-queue/captions/claim-outcome';
import type { WorkStore } from '@caption-queue/captions/store';

export interface EventWriter {
  /** Takes an event; it is written as soon as the ones before it are. */
  push(event: ProgressEvent): void;
  /** Waits until all is written. @throws ClaimLostError and whatever else a write met */
  finish(): Promise<void>;
}

/**
 * Creates the writer of one claim. Events that come while a write is under way share the next one, of the drafts
 * among them only the latest: it replaces the others anyway.
 *
 * @param options.onFailure told of the first failed write, so that the work can stop; later events are dropped
 */
export function createEventWriter(options: {
  claim: DecodeClaim;
  store: Pick<WorkStore, 'appendEvents'>;
  onFailure: (error: unknown) => void;
}): EventWriter {
  const { claim, store, onFailure } = options;
  let pending: ProgressEvent[] = [];
  let writing: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;

  async function writeAll(): Promise<void> {
    while (pending.length > 0 && failure === undefined) {
      const events = withoutStaleDrafts(pending);
      pending = [];
      try {
        await store.appendEvents({ claim, events });
      } catch (error) {
        failure = { error };
        onFailure(error);
      }
    }
    writing = undefined;
  }

  return {
    push(event) {
      pending.push(event);
      writing ??= writeAll();
    },
    async finish() {
      await writing;
      if (failure !== undefined) throw failure.error;
    },
  };
}

function withoutStaleDrafts(events: ProgressEvent[]): ProgressEvent[] {
  const latest = events.findLastIndex((event) => event.type === 'draft');
  return events.filter((event, index) => event.type !== 'draft' || index === latest);
}
