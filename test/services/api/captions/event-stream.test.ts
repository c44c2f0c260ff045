// Reading a caption's events: whole, in order, resumed from any id, over outages and after the stream is gone.
import { isEventId, type StreamedEvent } from '@caption-queue/api/captions/event-stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { endWithTest } from '../../../support/end-with-test.ts';
import {
  createQueueSide,
  createWorkerSide,
  type QueueSide,
} from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

describe.skipIf(!redisIsAvailable)('a caption’s events', () => {
  const server = useRedis();
  let side: QueueSide;
  beforeEach(async () => {
    side = endWithTest(await createQueueSide({ url: server.url }));
  });

  const work = () => endWithTest(createWorkerSide({ url: server.url, prefix: side.prefix }));

  async function collect(captionId: string, afterId?: string): Promise<StreamedEvent[]> {
    const events: StreamedEvent[] = [];
    for await (const streamed of side.streams.read({ captionId, afterId })) events.push(streamed);
    return events;
  }

  const words = (events: StreamedEvent[]) =>
    events.flatMap(({ event }) => (event.type === 'word' ? [event.data.text] : []));

  it('come in order, as they happen, and end with the terminal one', async () => {
    const { id } = await side.post(4);
    const reading = collect(id); // before any worker is there
    work();
    const events = await reading;
    expect(words(events)).toEqual(['picture', 'number', '4']);
    expect(events.map(({ event }) => event.type)).toEqual([
      'status',
      'status',
      'status',
      'word',
      'word',
      'word',
      'completed',
    ]);
    expect(await side.store.get(id)).toEqual({ ...events.at(-1)?.event.data, tenant: 'default' });
  });

  it('come without one that is damaged', async () => {
    const { id } = await side.post(4);
    const stream = `${side.prefix}:events:${id}`;
    await side.redis.xadd(stream, '*', 'type', 'word', 'data', '{"text":');
    work();
    expect(words(await collect(id))).toEqual(['picture', 'number', '4']);
  });

  it('end with an error, not in waiting, when the record is damaged', async () => {
    const { id } = await side.post(4);
    await side.redis.hset(`${side.prefix}:caption:${id}`, 'options', '{"beam');
    await expect(collect(id)).rejects.toThrow(SyntaxError);
  });

  it('go on after any id exactly, for readers of the past and of the present', async () => {
    const { id } = await side.post(4);
    work();
    const all = await collect(id);
    for (const [index, { id: afterId }] of all.entries()) {
      expect(await collect(id, afterId)).toEqual(all.slice(index + 1));
    }
  });

  it('come page by page when there are many, without a pause between', async () => {
    const { id } = await side.post(4);
    endWithTest(
      createWorkerSide({
        url: server.url,
        prefix: side.prefix,
        async generate({ onEvent }) {
          // With the three status events and the terminal one this fills two pages to the brim.
          const texts = Array.from({ length: 396 }, (_, index) => `w${index}`);
          for (const [index, text] of texts.entries()) {
            onEvent({ type: 'word', index, text, logProb: -1 });
          }
          const words = texts.map((text) => ({ text, logProb: -1 }));
          return { words, alternatives: [] };
        },
      }),
    );
    await side.untilEnded(id);
    const begin = performance.now();
    const events = await collect(id);
    expect(performance.now() - begin).toBeLessThan(2_000); // a poll would take five seconds
    expect(words(events)).toHaveLength(396);
    expect(events).toHaveLength(400);
    for (const at of [198, 199, 200, 201, 398, 399]) {
      expect(await collect(id, events[at]?.id)).toEqual(events.slice(at + 1));
    }
  });

  it('are the same for many readers at once over one connection', async () => {
    const { id } = await side.post(4);
    const readings = Array.from({ length: 30 }, () => collect(id));
    work();
    const [first, ...others] = await Promise.all(readings);
    for (const other of others) expect(other).toEqual(first);
    expect(await side.redis.pubsub('CHANNELS', `${side.prefix}:*`)).toEqual([]);
  });

  it('know that nothing follows the terminal event', async () => {
    const { id } = await side.post(4);
    const { streams } = side;
    expect(await streams.hasEnded({ captionId: id, afterId: '9-9' })).toBe(false);
    work();
    const all = await collect(id);
    const [last, before] = [all.at(-1)?.id ?? '', all.at(-2)?.id ?? ''];
    expect(await streams.hasEnded({ captionId: id, afterId: last })).toBe(true);
    expect(await streams.hasEnded({ captionId: id, afterId: before })).toBe(false);
  });

  it('shrink to the terminal one, under its old id, once the stream has expired', async () => {
    const { id } = await side.post(4);
    work();
    const all = await collect(id);
    await side.redis.del(`${side.prefix}:events:${id}`);
    expect(await collect(id)).toEqual(all.slice(-1));
    expect(await collect(id, all[0]?.id)).toEqual(all.slice(-1));
    expect(await collect(id, all.at(-1)?.id)).toEqual([]);
  });

  it('are none for a caption that doesn’t exist', async () => {
    expect(await collect('cap_00000000-0000-7000-8000-000000000000')).toEqual([]);
  });

  it('stop when the reader leaves, in the middle of waiting', async () => {
    const { id } = await side.post(4);
    const leaving = new AbortController();
    const seen: string[] = [];
    for await (const { event } of side.streams.read({ captionId: id, signal: leaving.signal })) {
      seen.push(event.type);
      setImmediate(() => leaving.abort());
    }
    expect(seen).toEqual(['status']);
  });

  it('go on, without a gap, when Redis restarts in the middle', async () => {
    const { id } = await side.post(4);
    const reader = side.streams.read({ captionId: id });
    expect((await reader.next()).value?.event).toMatchObject({ data: { status: 'queued' } });
    const next = reader.next(); // waits for what only comes after the restart
    await server.crash();
    await server.revive();
    work();
    expect((await next).value?.event).toMatchObject({ data: { status: 'encoding' } });
    const rest: StreamedEvent[] = [];
    for await (const streamed of reader) rest.push(streamed);
    expect(words(rest)).toEqual(['picture', 'number', '4']);
    expect(rest.at(-1)?.event.type).toBe('completed');
  });
});

describe('an event’s id', () => {
  it('is two numbers that Redis can hold', () => {
    expect(isEventId('1795515892020-0')).toBe(true);
    expect(isEventId('18446744073709551615-18446744073709551615')).toBe(true);
    for (const text of ['', '5', '1-', '-1', 'a-0', '1-0-0', '1 -0', '18446744073709551616-0']) {
      expect(isEventId(text), text).toBe(false);
    }
  });
});
