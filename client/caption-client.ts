// The client: captions of pictures over HTTP, from Node.js, a browser, or anything else that has `fetch`.
import type {
  Caption,
  CaptionChoices,
  CaptionPage,
  CaptionStatus,
} from '@caption-queue/contract/caption';
import type { ErrorCode } from '@caption-queue/contract/errors';
import { type ClientEvent, readEventStream } from './event-stream.ts';
import { CaptionApiError, createRequester, type RequesterOptions } from './request.ts';

/** The service lets an answer wait this long at most. */
const LONGEST_WAIT_SECONDS = 60;

/** A picture's bytes, or the address of one that the service fetches. */
export type Picture = Blob | Uint8Array | { url: string };

export interface CreateOptions extends CaptionChoices {
  /**
   * The same key and picture give the same caption for 24 hours. Default: a random one, so that a request that is
   * tried again never makes two captions.
   */
  idempotencyKey?: string;
  /** Rather wait up to so many seconds for the end than get the caption as it is accepted. Default 0. */
  waitSeconds?: number;
  /** Do the work again, though the same picture was captioned before. Default false. */
  fresh?: boolean;
  signal?: AbortSignal | undefined;
}

export interface CaptionClient {
  /** Sends a picture. @throws CaptionApiError */
  create(picture: Picture, options?: CreateOptions): Promise<Caption>;
  /** @throws CaptionApiError `not_found`, `caption_gone` */
  get(id: string, options?: { signal?: AbortSignal | undefined }): Promise<Caption>;
  /** Newest first; `next_cursor` is the next page's `cursor`. */
  list(options?: {
    status?: CaptionStatus;
    cursor?: string;
    limit?: number;
    signal?: AbortSignal | undefined;
  }): Promise<CaptionPage>;
  /** Waits for the end, over any number of broken connections. @returns the caption in its terminal state */
  wait(id: string, options?: { signal?: AbortSignal | undefined }): Promise<Caption>;
  /**
   * What happens to a caption, each event once and in order, over any number of broken connections; ends with the
   * terminal event.
   *
   * @param options.lastEventId goes on after this one
   */
  stream(
    id: string,
    options?: { lastEventId?: string; signal?: AbortSignal | undefined },
  ): AsyncGenerator<ClientEvent, void, void>;
  /** Sends a picture and waits for its caption. */
  caption(picture: Picture, options?: CreateOptions): Promise<Caption>;
  /**
   * @returns the caption, canceled: by this call or, when an answer was lost on the way, maybe by another
   * @throws CaptionApiError `caption_ended`
   */
  cancel(id: string): Promise<Caption>;
  /** Deletes all that is kept of a caption. @throws CaptionApiError `not_found`, `caption_gone` */
  delete(id: string): Promise<void>;
}

/** @param options.baseUrl e.g. `http://127.0.0.1:5000` */
export function createCaptionClient(options: RequesterOptions): CaptionClient {
  const request = createRequester(options);
  const address = (id: string) => `/v1/captions/${encodeURIComponent(id)}`;

  const client: CaptionClient = {
    async create(picture, { idempotencyKey, waitSeconds = 0, fresh, signal, ...choices } = {}) {
      const { body, headers } = buildUpload(picture, choices);
      return request.json<Caption>('/v1/captions', {
        method: 'POST',
        body,
        headers: {
          ...headers,
          'idempotency-key': idempotencyKey ?? randomKey(),
          ...(waitSeconds > 0 ? { prefer: `wait=${Math.ceil(waitSeconds)}` } : {}),
          ...(fresh === true ? { 'cache-control': 'no-cache' } : {}),
        },
        signal,
      });
    },

    get: (id, { signal } = {}) => request.json<Caption>(address(id), { signal }),

    async list({ signal, ...query } = {}) {
      const text = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      );
      return request.json<CaptionPage>(`/v1/captions?${text}`, { signal });
    },

    async wait(id, { signal } = {}) {
      for await (const _event of client.stream(id, { signal })) {
        // It ends with the terminal event.
      }
      return client.get(id, { signal });
    },

    stream(id, { lastEventId, signal } = {}) {
      const open = (after: string | undefined) =>
        request.open(`${address(id)}/events`, {
          headers: {
            accept: 'text/event-stream',
            ...(after === undefined ? {} : { 'last-event-id': after }),
          },
          signal,
        });
      return readEventStream({ open, lastEventId, signal });
    },

    async caption(picture, createOptions = {}) {
      const { signal } = createOptions;
      const created = await client.create(picture, {
        waitSeconds: LONGEST_WAIT_SECONDS,
        ...createOptions,
      });
      if (created.completed_at !== null) return created;
      return client.wait(created.id, { signal });
    },

    async cancel(id) {
      try {
        return await request.json<Caption>(`${address(id)}/cancel`, { method: 'POST' });
      } catch (error) {
        if (!mayBeOurs(error, ['caption_ended'])) throw error;
        const caption = await client.get(id);
        if (caption.status !== 'canceled') throw error;
        return caption;
      }
    },

    async delete(id) {
      try {
        await request.open(address(id), { method: 'DELETE' });
      } catch (error) {
        // A service that keeps captions for a short time may have forgotten it altogether.
        if (!mayBeOurs(error, ['caption_gone', 'not_found'])) throw error;
      }
    },
  };
  return client;
}

/** Of 128 bits. A page over plain HTTP has no `crypto.randomUUID`. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Does this refusal say that all is done, maybe by an earlier try of the same request whose answer was lost? */
function mayBeOurs(error: unknown, codes: ErrorCode[]): boolean {
  return error instanceof CaptionApiError && error.mayBeDone && codes.includes(error.problem.code);
}

function buildUpload(picture: Picture, choices: CaptionChoices) {
  if (!(picture instanceof Blob) && 'url' in picture) {
    return {
      body: JSON.stringify({ image_url: picture.url, ...choices }),
      headers: { 'content-type': 'application/json' },
    };
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(choices)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) form.set(name, value.join(','));
    else form.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  const blob = picture instanceof Blob ? picture : new Blob([new Uint8Array(picture)]);
  form.set('image', blob, 'image');
  return { body: form, headers: {} };
}
