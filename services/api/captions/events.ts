// GET /v1/captions/{id}/events: what happens to a caption, as server-sent events.
import { Readable } from 'node:stream';
import { isTerminal } from '@caption-queue/contract/caption';
import { DomainError } from '@caption-queue/contract/errors';
import { CaptionEvent } from '@caption-queue/contract/events';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ApiDependencies } from '../dependencies.ts';
import { createOpenAnswers } from '../http/connections.ts';
import { problemResponses } from '../http/openapi.ts';
import { frameEvents } from './event-frames.ts';
import { isEventId } from './event-stream.ts';
import { CaptionParams, ownCaptionProblems, readOwn } from './own.ts';

/** Shorter than the 30 to 60 s after which proxies drop a silent connection. */
const HEARTBEAT_MS = 15_000;

/** A `CaptionEvent` as it stands in the stream: its data as text. */
const FramedEvent = Type.Union(
  CaptionEvent.anyOf.map(({ properties: { type, data } }) =>
    Type.Object({
      id: Type.String(),
      event: type,
      data: Type.String({ contentMediaType: 'application/json', contentSchema: data }),
    }),
  ),
);

/** @param options.heartbeatMs silence after which a comment is sent. Default 15 s. */
export function captionEventsRoute(
  app: FastifyInstance,
  options: Pick<ApiDependencies, 'store' | 'streams'> & { heartbeatMs?: number },
): void {
  const { store, streams, heartbeatMs = HEARTBEAT_MS } = options;
  const openAnswers = createOpenAnswers(app);

  app.get<{ Params: CaptionParams; Headers: { 'last-event-id'?: string } }>(
    '/v1/captions/:id/events',
    {
      config: { scope: 'captions:read' },
      schema: {
        tags: ['captions'],
        operationId: 'followCaption',
        summary: 'Follow a caption',
        description:
          'Server-sent events: `data` is JSON. The stream ends after the terminal event; `Last-Event-ID` resumes without a gap.',
        params: CaptionParams,
        headers: Type.Object({
          'last-event-id': Type.Optional(
            Type.String({ description: 'Id of the last event that was received.' }),
          ),
        }),
        response: {
          200: {
            description: 'Events until the terminal one.',
            content: { 'text/event-stream': { schema: FramedEvent } },
          },
          204: { description: 'Nothing is left: that was the last event.', type: 'null' },
          ...problemResponses(...ownCaptionProblems, 'invalid_last_event_id'),
        },
      },
    },
    async (request, reply) => {
      const captionId = request.params.id;
      // An empty id is what a browser sends that has seen no event yet.
      const afterId = request.headers['last-event-id'] || undefined;
      if (afterId !== undefined && !isEventId(afterId)) {
        throw new DomainError(
          'invalid_last_event_id',
          'Last-Event-ID must be the id of an event of this stream, like 1700000000000-0.',
        );
      }
      const record = await readOwn(store, { id: captionId, tenant: request.access.tenant });
      if (afterId !== undefined && isTerminal(record.status)) {
        if (await streams.hasEnded({ captionId, afterId })) return reply.code(204).send();
      }

      const events = streams.read({ captionId, afterId, signal: openAnswers.signalOf(reply) });
      const body = Readable.from(frameEvents({ events, heartbeatMs }), { objectMode: false });
      return reply
        .headers({
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          // An idle connection that outlives its stream would keep a closing server waiting.
          connection: 'close',
          // nginx would hold words back until its buffer is full.
          'x-accel-buffering': 'no',
        })
        .send(body);
    },
  );
}
