// Reading server-sent events, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them, however the
// bytes arrive.

import { type ClientEvent, readEventStream } from '@caption-queue/client/event-stream';
import { describe, expect, it } from 'vitest';

/** Each line end is `\n` here, and replaced in the tests. */
const text = [
  'retry: 1\n\n',
  ': a comment\n\n',
  'id: 1-0\nevent: status\ndata: {"status":"queued"}\n\n',
  ': a comment inside\nid:2-0\nevent:word\ndata:{"index":0,\ndata: "text":"chien d’été 犬",\ndata:"log_prob":-1}\n\n',
  'unknown: field\nnonsense\nid: 3-0\nevent: draft\ndata: {"caption":"a: b"}\n\n',
  'id: 4-0\n\n',
  'id: 5-0\nevent: restarted\n\n',
  'id: 6-0\nevent: completed\ndata: {}\n\n',
].join('');
const expected = [
  { id: '1-0', type: 'status', data: { status: 'queued' } },
  { id: '2-0', type: 'word', data: { index: 0, text: 'chien d’été 犬', log_prob: -1 } },
  { id: '3-0', type: 'draft', data: { caption: 'a: b' } },
  { id: '6-0', type: 'completed', data: {} },
];

/** Reads answers, each given as its chunks after an event, until the stream ends. */
async function readAll(answers: ((lastEventId?: string) => Uint8Array[])[]) {
  const askedAfter: (string | undefined)[] = [];
  const open = async (lastEventId: string | undefined) => {
    askedAfter.push(lastEventId);
    const chunks = answers.shift()?.(lastEventId);
    if (chunks === undefined) return new Response(null, { status: 204 });
    return new Response(
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk);
          controller.close();
        },
      }),
    );
  };
  const events: ClientEvent[] = [];
  for await (const event of readEventStream({ open, lastEventId: undefined, signal: undefined })) {
    events.push(event);
  }
  return { events, askedAfter };
}

const lineEnds = [
  ['LF', '\n'],
  ['CR', '\r'],
  ['CRLF', '\r\n'],
] as const;

describe.each(lineEnds)('a stream of events whose lines end in %s', (_name, lineEnd) => {
  const bytes = Buffer.from(text.replaceAll('\n', lineEnd));

  it('is read, with its comments, unknown fields and many lines of data', async () => {
    expect(await readAll([() => [bytes]])).toEqual({ events: expected, askedAfter: [undefined] });
  });

  it('is the same wherever its bytes are cut', async () => {
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const { events } = await readAll([() => [bytes.subarray(0, cut), bytes.subarray(cut)]]);
      expect(events, `cut after ${cut} bytes`).toEqual(expected);
    }
  });

  it('is the same byte by byte, with a mark of byte order before it', async () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    const { events } = await readAll([() => [...marked].map((byte) => Uint8Array.of(byte))]);
    expect(events).toEqual(expected);
  });

  it('yields each event once, wherever the connection broke', async () => {
    for (let cut = 20; cut < bytes.length; cut += 1) {
      const restAfter = (id = '') => {
        const begin = bytes.indexOf(`${id}${lineEnd}`);
        const end = bytes.indexOf(lineEnd.repeat(2), begin) + 2 * lineEnd.length;
        return [bytes.subarray(end)];
      };
      const { events } = await readAll([() => [bytes.subarray(0, cut)], restAfter]);
      expect(events, `cut after ${cut} bytes`).toEqual(expected);
    }
  });
});

describe('a stream of events', () => {
  it('that says a time to come back which is none keeps the one from before', async () => {
    const begin = performance.now();
    const first = 'retry: 60\n\nretry: soon\n\nid: 1-0\nevent: restarted\ndata: {}\n\n';
    const { askedAfter } = await readAll([() => [Buffer.from(first)]]);
    expect(askedAfter).toEqual([undefined, '1-0']);
    expect(performance.now() - begin).toBeGreaterThan(50);
  });

  it('with data that is no JSON is an error, not a reason to ask again', async () => {
    const broken = Buffer.from('id: 1-0\nevent: word\ndata: {\n\n');
    await expect(readAll([() => [broken]])).rejects.toThrow(SyntaxError);
  });
});
