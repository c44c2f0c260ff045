// A progress line on standard error, drawn only where somebody can see it.

export interface Progress {
  advance(): void;
  /** Clears the line, so that other output is not mixed with it. */
  clear(): void;
}

/** A bar says nothing about a handful. */
const MIN_TOTAL = 5;

export function createProgress(total: number): Progress {
  const { stderr } = process;
  const startedAt = performance.now();
  let done = 0;
  const visible = stderr.isTTY && total >= MIN_TOTAL;
  const clear = () => {
    if (visible) stderr.write('\r\x1b[K');
  };
  return {
    advance() {
      done++;
      if (!visible) return;
      const perSecond = (done * 1000) / (performance.now() - startedAt);
      const secondsLeft = Math.ceil((total - done) / perSecond);
      const filled = Math.round((20 * done) / total);
      const bar = '█'.repeat(filled) + '░'.repeat(20 - filled);
      stderr.write(
        `\r\x1b[K${bar} ${done}/${total}  ${perSecond.toFixed(1)}/s  ${secondsLeft} s left`,
      );
    },
    clear,
  };
}
