// Promise 8: an event stream that is cut anywhere goes on from Last-Event-ID without a gap and without a repetition.
import { describe, expect, it, type TestContext } from 'vitest';
import { readBytes, readEvents, type SseEvent, wholeEvents } from '../support/api/sse.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { insist } from './harness/client.ts';
import { startCluster } from './harness/cluster.ts';
import { buildFaultyWorkers } from './harness/faulty-builds.ts';
import { smallPhotos } from './harness/pictures.ts';
import { randomFor } from './harness/seed.ts';
import { settings } from './harness/settings.ts';

/** An event has about a hundred bytes; the last one, the whole record, has a few thousand. */
const MOST_BYTES = 400;
const CUTS_BEFORE_DEATH = 3;

describe.skipIf(!redisIsAvailable)('an event stream', () => {
  it('cut at random bytes, and by the death of the API, yields each event once, in order', {
    timeout: settings.timeoutMs,
  }, async ({ onTestFinished }: TestContext) => {
    const builds = await buildFaultyWorkers();
    onTestFinished(() => builds.remove());
    const cluster = await startCluster({
      encoders: 1,
      decoders: 1,
      entries: { 'decoder-worker': builds.decoder },
      env: { PAUSE_MS: '50' },
    });
    onTestFinished(() => cluster.stop());
    const [picture] = (await smallPhotos(1)) as [Uint8Array];
    const id = await insist(cluster.url, { picture, key: 'followed' });
    const url = `${cluster.url}/v1/captions/${id}/events`;
    const random = randomFor('cuts');

    const got: SseEvent[] = [];
    let cuts = 0;
    let mostBytes = MOST_BYTES;
    while (got.at(-1)?.event !== 'completed') {
      const bytes = Math.floor(random() * mostBytes);
      const events = wholeEvents(await readBytes(url, { lastEventId: got.at(-1)?.id, bytes }));
      // Where nothing whole came, the next event is longer than the cut allows.
      if (events.length === 0) mostBytes *= 2;
      got.push(...events);
      cuts += 1;
      if (cuts === CUTS_BEFORE_DEATH) {
        await cluster.apis[0]?.kill();
        await cluster.apis[0]?.restart();
      }
    }
    const { events: all } = await readEvents(url);
    expect(got).toEqual(all);
    expect(cuts).toBeGreaterThan(CUTS_BEFORE_DEATH);
    const words = all.filter(({ event }) => event === 'word').map(({ data }) => data.text);
    expect(all.at(-1)?.data).toMatchObject({ output: { caption: words.join(' ') } });
  });
});
