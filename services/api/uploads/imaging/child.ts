// One imaging process as the API sees it: takes one picture at a time and is replaced when it dies.
import { type ChildProcess, fork } from 'node:child_process';
import { DomainError } from '@caption-queue/contract/errors';
import type { NormalisedImage } from '@caption-queue/imaging/normalise';
import type { ImagingReply, ImagingRequest } from './messages.ts';

const RETRY_AFTER_SECONDS = 5;
/** A process that died before it was ready would die again at once: wait, instead of spinning. */
const RESTART_DELAY_MS = 1_000;

export interface ImagingChildOptions {
  /** File that the process runs. */
  script: string;
  /** A picture that takes longer costs the process its life. */
  timeoutMs: number;
  /** Called whenever the process can take a picture. */
  onFree: () => void;
  /** Called when the process ended without being told to. */
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
  tooSlow: boolean;
}

export function createImagingChild(options: ImagingChildOptions): ImagingChild {
  const { script, timeoutMs, onFree, onDeath } = options;
  let child: ChildProcess;
  let ready = false;
  let closing = false;
  let work: Work | undefined;
  let restart: NodeJS.Timeout | undefined;

  function start(): void {
    ready = false;
    child = fork(script, {
      // Nothing secret, and few malloc arenas: the many threads of libvips would leave one each behind.
      env: { PATH: process.env.PATH, MALLOC_ARENA_MAX: '2' },
      execArgv: [],
      // Keeps bytes as bytes; the default would write them out as JSON numbers.
      serialization: 'advanced',
    });
    child.on('message', receive);
    child.on('error', () => undefined); // `exit` follows, or the picture's time limit
    child.on('exit', died);
  }

  function receive(reply: ImagingReply): void {
    if (reply.type === 'ready') ready = true;
    else if (reply.type === 'image') finish()?.resolve(reply.image);
    else finish()?.reject(new DomainError(reply.code, reply.detail));
    onFree();
  }

  function finish(): Work | undefined {
    const finished = work;
    clearTimeout(finished?.timer);
    work = undefined;
    return finished;
  }

  function died(code: number | null, signal: NodeJS.Signals | null): void {
    const wasReady = ready;
    ready = false;
    const unfinished = finish();
    unfinished?.reject(whyItDied({ tooSlow: unfinished.tooSlow, signal, timeoutMs }));
    if (closing) return;
    onDeath(unfinished?.tooSlow === true ? 'too slow' : (signal ?? `exit status ${code}`));
    restart = setTimeout(start, wasReady ? 0 : RESTART_DELAY_MS);
  }

  start();
  return {
    get free() {
      return ready && work === undefined;
    },
    normalise(request) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          if (work !== undefined) work.tooSlow = true;
          child.kill('SIGKILL');
        }, timeoutMs);
        work = { resolve, reject, timer, tooSlow: false };
        child.send(request, (error) => {
          // The channel broke: no answer can come, so the process is of no use.
          if (error !== null) child.kill('SIGKILL');
        });
      });
    },
    async close() {
      if (closing) return;
      closing = true;
      clearTimeout(restart);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
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
