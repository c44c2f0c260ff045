// Writes a caption's words and drafts to its stream while the next ones are computed.

import type { DecodeClaim, ProgressEvent } from '@caption-queue/captions/claim-outcome';
import type { WorkStore } from '@caption-queue/captions/store';

/**
 * Events wait this long for others, to be written together: nobody reads faster. A caption that takes less is written
 * with its end alone. A cancelled caption is noticed by the next write.
 */
const GATHER_MS = 50;

export interface EventWriter {
  /** Takes an event; it is written soon, with what else has come by then. */
  push(event: ProgressEvent): void;
  /**
   * Waits for the write under way.
   *
   * @returns the words that are not written yet, for the write that ends the caption
   * @throws ClaimLostError and whatever else a write met
   */
  finish(): Promise<ProgressEvent[]>;
  /** Writes no more. */
  stop(): void;
}

/**
 * Creates the writer of one claim. Of the drafts in a write there is only the latest: it replaces the others anyway.
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
  let gathering: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let stopped = false;
  let failure: { error: unknown } | undefined;

  function gather(): void {
    if (stopped || failure || pending.length === 0) return;
    gathering ??= setTimeout(() => {
      gathering = undefined;
      writing = write().finally(() => {
        writing = undefined;
        gather();
      });
    }, GATHER_MS);
  }

  async function write(): Promise<void> {
    const events = withoutStaleDrafts(pending);
    pending = [];
    try {
      await store.appendEvents({ claim, events });
    } catch (error) {
      failure = { error };
      onFailure(error);
    }
  }

  function stop(): void {
    stopped = true;
    clearTimeout(gathering);
  }

  return {
    push(event) {
      pending.push(event);
      if (writing === undefined) gather();
    },
    async finish() {
      stop();
      await writing;
      if (failure !== undefined) throw failure.error;
      return pending.filter(({ type }) => type === 'word');
    },
    stop,
  };
}

function withoutStaleDrafts(events: ProgressEvent[]): ProgressEvent[] {
  const latest = events.findLastIndex((event) => event.type === 'draft');
  return events.filter((event, index) => event.type !== 'draft' || index === latest);
}
