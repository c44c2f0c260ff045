// Words and drafts on their way to the stream.
import type { DecodeClaim, ProgressEvent } from '@caption-queue/captions/claim-outcome';
import { createEventWriter } from '@caption-queue/decoder-worker/event-writer';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const claim: DecodeClaim = {
  captionId: 'cap_x',
  stage: 'decode',
  dispatch: 2,
  fence: 2,
  claims: 1,
  options: { beam_width: 1, max_length: 1, alternatives: 1 },
  pixelsHash: '',
  createdAt: new Date(0),
  waitedMs: 0,
  features: new Uint8Array(),
  bundleHash: '',
};
const word = (index: number): ProgressEvent => ({
  type: 'word',
  data: { index, text: `w${index}`, log_prob: -1 },
});
const draft = (caption: string): ProgressEvent => ({ type: 'draft', data: { caption } });

/** Longer than events are gathered. */
const SOON_MS = 60;

function recording() {
  const appendEvents = vi.fn(async () => undefined);
  const writer = createEventWriter({ claim, onFailure: () => undefined, store: { appendEvents } });
  return { writer, appendEvents };
}

describe('the event writer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('writes what comes soon after another together, in order, one write at a time', async () => {
    const writes: (readonly ProgressEvent[])[] = [];
    let atOnce = 0;
    const writer = createEventWriter({
      claim,
      onFailure: () => undefined,
      store: {
        async appendEvents({ events }) {
          atOnce += 1;
          expect(atOnce).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, SOON_MS));
          writes.push(events);
          atOnce -= 1;
        },
      },
    });
    for (const event of [word(0), draft('a'), draft('b'), word(1), draft('c')]) writer.push(event);
    await vi.advanceTimersByTimeAsync(SOON_MS);
    writer.push(word(2));
    await vi.advanceTimersByTimeAsync(4 * SOON_MS);
    expect(writes).toEqual([[word(0), word(1), draft('c')], [word(2)]]);
  });

  it('leaves the words that are not written yet to the end, without drafts', async () => {
    const { writer, appendEvents } = recording();
    writer.push(word(0));
    await vi.advanceTimersByTimeAsync(SOON_MS);
    writer.push(word(1));
    writer.push(draft('a'));
    expect(await writer.finish()).toEqual([word(1)]);
    await vi.advanceTimersByTimeAsync(SOON_MS);
    expect(appendEvents.mock.calls).toEqual([[{ claim, events: [word(0)] }]]);
  });

  it('writes nothing once it was stopped', async () => {
    const { writer, appendEvents } = recording();
    writer.push(word(0));
    writer.stop();
    writer.push(word(1));
    await vi.advanceTimersByTimeAsync(SOON_MS);
    expect(appendEvents).not.toHaveBeenCalled();
  });

  it('tells of a failed write at once, drops the rest, and fails in the end', async () => {
    const lost = new Error('lost');
    const told: unknown[] = [];
    let writes = 0;
    const writer = createEventWriter({
      claim,
      onFailure: (error) => told.push(error),
      store: {
        appendEvents() {
          writes += 1;
          return Promise.reject(lost);
        },
      },
    });
    writer.push(word(0));
    await vi.advanceTimersByTimeAsync(SOON_MS);
    expect(told).toEqual([lost]);
    writer.push(word(1));
    await vi.advanceTimersByTimeAsync(SOON_MS);
    await expect(writer.finish()).rejects.toBe(lost);
    expect({ told, writes }).toEqual({ told: [lost], writes: 1 });
  });
});
