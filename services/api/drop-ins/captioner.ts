// Pictures → what is said of them, while a client holds its connection open for it. Captions that nobody waits for any
// more are canceled: nobody knows their ids.
import type { StoredCaption } from '@caption-queue/captions/record';
import {
  type CaptionOptions,
  type CaptionRecord,
  isTerminal,
} from '@caption-queue/contract/caption';
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { prepareChoices } from '../captions/choices.ts';
import type { CaptionIntake, IntakeRequest } from '../captions/intake.ts';
import { MAX_WAIT_SECONDS } from '../captions/wait.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { OpenAnswers } from '../http/connections.ts';
import { startDeadline } from '../outbound/deadline.ts';
import type { UploadBudget } from '../uploads/budget.ts';
import { answerOf, type Said, summarise, type Wanted } from './models.ts';

/** Ends a picture that nobody waits for, should this process die before it can cancel it. */
const EXPIRES_IN_SECONDS = 2 * MAX_WAIT_SECONDS;
const RETRY_AFTER_SECONDS = 5;
/** Of one request. */
export const MOST_PICTURES = 8;

/** Pictures in the queue. Either of the two is called, once. */
export interface PicturesInWork {
  /**
   * Yields what is said as it comes; put together it is `text`.
   *
   * @throws DomainError `queue_full` after 60 s or once the client has gone; `internal_error` when a caption failed
   */
  say(wanted: Wanted): AsyncGenerator<string, Said, void>;
  /** Waits for all of it. @throws as `say` */
  finish(wanted: Wanted): Promise<Said>;
}

export interface PictureCaptioner {
  /**
   * Puts pictures into the queue, all or none. Nothing of them is kept meanwhile: neither the request's body nor what
   * it has reserved.
   *
   * @param asked.pictures bytes, or addresses of pictures; the list is emptied
   * @param asked.reply whose connection is waited with
   * @param asked.options default: as for a caption of its own
   * @throws DomainError as `CaptionIntake` does, for the first picture that can't be taken
   */
  take(asked: {
    request: FastifyRequest;
    reply: FastifyReply;
    pictures: (Buffer | string)[];
    options?: Partial<CaptionOptions>;
  }): Promise<PicturesInWork>;
}

export function createPictureCaptioner(
  dependencies: Pick<ApiDependencies, 'settings' | 'store' | 'streams' | 'outbound' | 'logger'> & {
    intake: CaptionIntake;
    budget: UploadBudget;
    openAnswers: OpenAnswers;
    dropInWaitMs?: number;
  },
): PictureCaptioner {
  const { dropInWaitMs = MAX_WAIT_SECONDS * 1_000 } = dependencies;
  const { settings, store, streams, outbound, logger, intake, budget, openAnswers } = dependencies;

  return {
    async take({ request, reply, pictures, options = {} }) {
      const { tenant } = request.access;
      const deadline = startDeadline(dropInWaitMs, openAnswers.signalOf(reply));
      const { signal } = deadline;
      const open = new Set<string>();
      signal.addEventListener('abort', () => void leave(), { once: true });

      let leaving = Promise.resolve();

      /** Cancels what has not ended; called again, waits for that and cancels what came since. */
      function leave(): Promise<void> {
        deadline.end();
        // An idle connection that outlives its answer would keep a closing server waiting.
        if (signal.aborted) reply.header('connection', 'close');
        leaving = leaving.then(cancelOpen);
        return leaving;
      }

      async function cancelOpen(): Promise<void> {
        const left = [...open];
        open.clear();
        const canceling = left.map((captionId) => store.cancel({ captionId, tenant }));
        for (const outcome of await Promise.allSettled(canceling)) {
          // It expires by itself then.
          if (outcome.status === 'rejected') logger.warn({ err: outcome.reason }, 'not canceled');
        }
      }

      async function takeAll(): Promise<StoredCaption[]> {
        const choices = prepareChoices({
          tenant,
          choices: { ...options, expires_in: EXPIRES_IN_SECONDS },
          defaultPriority: 'interactive',
          outbound,
        });
        const wanted = { choices, idempotencyKey: undefined, fresh: false };
        const captions: StoredCaption[] = [];
        for (let next = pictures.shift(); next !== undefined; next = pictures.shift()) {
          const caption = await takeOne(next, { wanted, signal });
          captions.push(caption);
          if (!isTerminal(caption.status)) open.add(caption.id);
          if (signal.aborted) throw tooLate();
        }
        return captions;
      }

      async function* say(wanted: Wanted): AsyncGenerator<string, Said, void> {
        try {
          const said: CaptionRecord[] = [];
          for (const [index, caption] of captions.entries()) {
            if (index > 0) yield '\n';
            said.push(yield* sayOne(caption, { wanted, signal }));
            open.delete(caption.id);
          }
          return summarise(said, wanted);
        } finally {
          await leave();
        }
      }

      const captions = await takeAll().catch(async (error: unknown) => {
        await leave();
        throw signal.aborted ? tooLate(error) : error;
      });
      budget.release(request);
      request.body = undefined;
      return { say, finish: (wanted) => untilEnd(say(wanted)) };
    },
  };

  function takeOne(
    picture: Buffer | string,
    { wanted, signal }: { wanted: IntakeRequest; signal: AbortSignal },
  ): Promise<StoredCaption> {
    if (typeof picture !== 'string') return intake.takePicture(picture, wanted);
    const largestBytes = settings.MAX_UPLOAD_BYTES;
    return budget.during(largestBytes, () => intake.takeUrl(picture, wanted, signal));
  }

  /** Words as they are found, then the rest; of what is fit to be published it is known only at the end. */
  async function* sayOne(
    caption: StoredCaption,
    { wanted, signal }: { wanted: Wanted; signal: AbortSignal },
  ): AsyncGenerator<string, CaptionRecord, void> {
    let ended: CaptionRecord | undefined = isTerminal(caption.status) ? caption : undefined;
    let words: string[] = [];
    let said = '';
    for await (const { event } of ended ? [] : streams.read({ captionId: caption.id, signal })) {
      if (event.type === 'restarted') words = [];
      else if (event.type === 'word') words.push(event.data.text);
      else if ('id' in event.data) ended = event.data;
      const sentence = wanted === 'caption' ? words.join(' ') : '';
      // After a restart they come again.
      if (sentence.length > said.length && sentence.startsWith(said)) {
        yield sentence.slice(said.length);
        said = sentence;
      }
    }
    if (ended === undefined) throw tooLate();
    if (ended.output === null) throw notCaptioned(ended);
    const { text } = answerOf(ended.output, wanted);
    if (!text.startsWith(said)) throw notCaptioned(ended);
    if (text.length > said.length) yield text.slice(said.length);
    return ended;
  }
}

async function untilEnd(saying: AsyncGenerator<string, Said, void>): Promise<Said> {
  for (;;) {
    const { done, value } = await saying.next();
    if (done) return value;
  }
}

const tooLate = (cause?: unknown) =>
  new DomainError(
    'queue_full',
    'The picture was still waiting for its turn and was taken out of the queue; try again.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS, cause },
  );

const notCaptioned = ({ error, status }: CaptionRecord) =>
  new DomainError('internal_error', error?.detail ?? `The caption ended as ${status}.`);
