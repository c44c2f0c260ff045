// Words and drafts on their way to the stream.
import type { DecodeClaim, ProgressEvent } from '@caption-queue/captions/claim-outcome';
import { createEventWriter } from '@caption-queue/decoder-worker/event-writer';
import { describe, expect, it } from 'vitest';

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
  features: new Uint16Array(),
  bundleHash: '',
};
const word = (index: number): ProgressEvent => ({
  type: 'word',
  data: { index, text: `w${index}`, log_prob: -1 },
});
const draft = (caption: string): ProgressEvent => ({ type: 'draft', data: { caption } });

describe('the event writer', () => {
  it('writes in order, one write at a time, and what came meanwhile together', async () => {
    const writes: (readonly ProgressEvent[])[] = [];
    let atOnce = 0;
    const writer = createEventWriter({
      claim,
      onFailure: () => undefined,
      store: {
        async appendEvents({ events }) {
          atOnce += 1;
          expect(atOnce).toBe(1);
          await new Promise((resolve) => setImmediate(resolve));
          writes.push(events);
          atOnce -= 1;
        },
      },
    });
    for (const event of [word(0), draft('a'), draft('b'), word(1), draft('c')]) writer.push(event);
    await writer.finish();
    expect(writes).toEqual([[word(0)], [word(1), draft('c')]]);
    writer.push(word(2));
    await writer.finish();
    expect(writes.at(-1)).toEqual([word(2)]);
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
    writer.push(word(1));
    await expect(writer.finish()).rejects.toBe(lost);
    writer.push(word(2));
    await expect(writer.finish()).rejects.toBe(lost);
    expect({ told, writes }).toEqual({ told: [lost], writes: 1 });
  });
});
