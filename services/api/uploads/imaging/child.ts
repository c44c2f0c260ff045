// One imaging process as the API sees it: takes one picture at a time and is replaced when it dies.
import { type ChildProcess, fork } from 'node:child_process';
import { DomainError, type ErrorCode } from '@caption-queue/contract/errors';
import type { ImageLimits } from '@caption-queue/imaging/limits';
import type { NormalisedImage } from '@caption-queue/imaging/normalise';
import { sniffFormat, withoutBlanks } from '@caption-queue/imaging/sniff-format';

const RETRY_AFTER_SECONDS = 5;
/** A process that died before it was ready would die again at once: wait, instead of spinning. */
const RESTART_DELAY_MS = 1_000;
/** HEIC is decoded in WebAssembly: 48 megapixels took 9 s of a slow processor, 16 s beside other work. */
const HEIC_TIME = 3;
/** WebAssembly's memory does not shrink: a process that holds more after a picture is replaced. */
const HELD_LIMIT_BYTES = 192 << 20;

/** What the API sends to an imaging process. */
export interface ImagingRequest {
  bytes: Uint8Array;
  limits: ImageLimits;
}

/** What it answers. `ready` is sent once, when the process can take its first picture. */
export type ImagingReply =
  | { type: 'ready' }
  | ({ type: 'image'; image: NormalisedImage } & Held)
  | ({ type: 'problem'; code: ErrorCode; detail: string } & Held);

interface Held {
  /** Outside of JavaScript's heap, after the picture. */
  heldBytes: number;
}

export interface ImagingChildOptions {
  /** File that the process runs. */
  script: string;
  /** A picture that takes longer costs the process its life; a HEIC may take three times as long. */
  timeoutMs: number;
  /** Called whenever the process can take a picture. */
  onFree: () => void;
  /** Called once when the process ended without being told to, or could not be started. */
  onDeath: (reason: string) => void;
}

export interface ImagingChild {
  readonly free: boolean;
  /**
   * Only while `free`.
   * @throws {DomainError} what `normaliseImage` throws; `damaged_image` when the picture crashed the process;
   *   `imaging_unavailable` when it was too slow or the process was killed
   */
  normalise(request: ImagingRequest): Promise<NormalisedImage>;
  close(): Promise<void>;
}

interface Work {
  resolve: (image: NormalisedImage) => void;
  reject: (error: DomainError) => void;
  timer: NodeJS.Timeout;
  timeoutMs: number;
  tooSlow: boolean;
}

export function createImagingChild(options: ImagingChildOptions): ImagingChild {
  const { script, timeoutMs, onFree, onDeath } = options;
  /** Undefined while there is none. */
  let child: ChildProcess | undefined;
  let ready = false;
  let closing = false;
  /** It ended because we wanted a smaller one. */
  let outgrown = false;
  let work: Work | undefined;
  let restart: NodeJS.Timeout | undefined;

  function start(): void {
    try {
      const started = fork(script, {
        // Nothing secret, and few malloc arenas: the many threads of libvips would leave one each behind.
        env: { PATH: process.env.PATH, MALLOC_ARENA_MAX: '2' },
        execArgv: [],
        // Keeps bytes as bytes; the default would write them out as JSON numbers.
        serialization: 'advanced',
      });
      child = started;
      started.on('message', receive);
      started.on('error', (error) => {
        // Too many processes or files: no `exit` follows. Of a process that runs it does, or its picture's time limit.
        if (started.pid === undefined) died({ signal: null, reason: error.message });
      });
      started.on('exit', (code, signal) =>
        died({ signal, reason: signal ?? `exit status ${code}` }),
      );
    } catch (error) {
      // Memory ran out, for instance.
      died({ signal: null, reason: (error as Error).message });
    }
  }

  function receive(reply: ImagingReply): void {
    if (reply.type === 'ready') ready = true;
    else if (reply.type === 'image') finish()?.resolve(reply.image);
    else finish()?.reject(new DomainError(reply.code, reply.detail));
    if (reply.type !== 'ready' && reply.heldBytes > HELD_LIMIT_BYTES) {
      outgrown = true;
      ready = false;
      child?.kill('SIGKILL');
    } else onFree();
  }

  function finish(): Work | undefined {
    const finished = work;
    clearTimeout(finished?.timer);
    work = undefined;
    return finished;
  }

  function died({ signal, reason }: { signal: NodeJS.Signals | null; reason: string }): void {
    const startAtOnce = ready || outgrown;
    const expected = outgrown;
    ready = false;
    outgrown = false;
    child = undefined;
    const unfinished = finish();
    unfinished?.reject(whyItDied({ ...unfinished, signal }));
    if (closing) return;
    restart = setTimeout(start, startAtOnce ? 0 : RESTART_DELAY_MS);
    if (!expected) onDeath(unfinished?.tooSlow === true ? 'too slow' : reason);
  }

  start();
  return {
    get free() {
      return ready && work === undefined;
    },
    normalise(request) {
      const isHeic = sniffFormat(withoutBlanks(request.bytes)) === 'image/heic';
      const allowedMs = isHeic ? timeoutMs * HEIC_TIME : timeoutMs;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          if (work !== undefined) work.tooSlow = true;
          child?.kill('SIGKILL');
        }, allowedMs);
        work = { resolve, reject, timer, timeoutMs: allowedMs, tooSlow: false };
        const asked = child;
        asked?.send(request, (error) => {
          // The channel broke: no answer can come, so the process is of no use.
          if (error !== null) asked.kill('SIGKILL');
        });
      });
    },
    async close() {
      if (closing) return;
      closing = true;
      clearTimeout(restart);
      const ending = child;
      if (ending?.pid === undefined) return;
      const exited = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill('SIGKILL');
      await exited;
    },
  };
}

/** A crash is the picture's doing; SIGKILL comes from outside (an operator, memory running out). */
function whyItDied(options: {
  tooSlow: boolean;
  signal: NodeJS.Signals | null;
  timeoutMs: number;
}): DomainError {
  const { tooSlow, signal, timeoutMs } = options;
  const retry = { retryAfterSeconds: RETRY_AFTER_SECONDS };
  if (tooSlow) {
    const detail = `The picture was not decoded within ${timeoutMs / 1000} s. Send a smaller version, or try again later.`;
    return new DomainError('imaging_unavailable', detail, retry);
  }
  if (signal === 'SIGKILL') {
    const detail = 'The picture decoder was stopped while it worked on this picture. Try again.';
    return new DomainError('imaging_unavailable', detail, retry);
  }
  const detail = 'The picture made the decoder crash. Save it again with another program.';
  return new DomainError('damaged_image', detail);
}
