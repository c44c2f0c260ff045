// Progress of a long step on stderr: a bar that redraws itself on a terminal, else a line now and then.

/** Between two lines where nothing can be redrawn, as in a log file. */
const LINE_INTERVAL_MS = 15_000;
/** A bar that redraws more often than this only flickers. */
const BAR_INTERVAL_MS = 100;
const BAR_WIDTH = 24;

export interface Progress {
  /** @param done how many are done in all @param note shown behind the rate, e.g. the loss */
  update(done: number, note?: string): void;
  /** Shows the last state and ends the line. */
  finish(): void;
}

/** @param unit plural, e.g. `photos` @param done how many were done before this run began */
export function createProgress({
  title,
  total,
  unit,
  done: doneBefore = 0,
  stream = process.stderr,
}: {
  title: string;
  total: number;
  unit: string;
  done?: number;
  stream?: NodeJS.WriteStream;
}): Progress {
  const isTerminal = stream.isTTY === true;
  const intervalMs = isTerminal ? BAR_INTERVAL_MS : LINE_INTERVAL_MS;
  const startedAt = performance.now();
  let shownAt = startedAt;
  let last = { done: doneBefore, note: '' };

  const show = () => {
    shownAt = performance.now();
    const { done, note } = last;
    const rate = (done - doneBefore) / Math.max((shownAt - startedAt) / 1000, 1e-3);
    const left = rate > 0 ? formatDuration((total - done) / rate) : '?';
    const state = `${done}/${total} ${unit}, ${rate.toFixed(rate < 10 ? 2 : 0)}/s, ${left} left`;
    const line = [title, isTerminal ? bar(done / total) : '', state, note]
      .filter(Boolean)
      .join('  ');
    stream.write(isTerminal ? `\r\x1b[K${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`);
  };
  return {
    update(done, note = '') {
      last = { done, note };
      if (performance.now() - shownAt >= intervalMs) show();
    },
    finish() {
      show();
      if (isTerminal) stream.write('\n');
    },
  };
}

/** Follows a step over photos, which ends with the last of them. @returns told how many are done */
export function followPhotos(title: string, total: number): (done: number) => void {
  const progress = createProgress({ title, total, unit: 'photos' });
  return (done) => {
    progress.update(done);
    if (done === total) progress.finish();
  };
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, share) * BAR_WIDTH);
  return '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
}

/** `42s`, `3m05s`, `1h20m` */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const pad = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${pad(Math.floor((whole % 3600) / 60))}m`;
}
