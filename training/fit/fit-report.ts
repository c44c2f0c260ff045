// What a person sees of a run of `fit` while it goes on: progress, a line an epoch, log and curves in its folder.
import { createProgress, formatDuration, type Progress } from '../command-line/progress.ts';
import { writeCurves } from '../plots/curves.ts';
import type { EpochResult } from './checkpoint.ts';
import type { StepReport } from './fit-decoder.ts';
import { appendToLog } from './training-log.ts';

/** Steps between two lines of the log. */
const LOG_INTERVAL = 10;

export interface FitReport {
  onStep(report: StepReport): void;
  onEpoch(result: EpochResult): void;
  /** The run has ended. */
  finish(): void;
}

/** @param folder the model's */
export function createFitReport(folder: string): FitReport {
  let progress: Progress | undefined;
  const finish = () => {
    progress?.finish();
    progress = undefined;
  };
  return {
    onStep(report) {
      const { epoch, step, totalSteps, loss, reward } = report;
      const measured =
        reward === undefined ? `loss ${loss.toFixed(3)}` : `reward ${reward.toFixed(3)}`;
      progress ??= createProgress({
        title: 'Training',
        total: totalSteps,
        unit: 'steps',
        done: step - 1,
      });
      progress.update(step, `epoch ${epoch}, ${measured}`);
      if (step % LOG_INTERVAL === 0) void appendToLog(folder, { type: 'step', ...report });
    },
    onEpoch(result) {
      void appendToLog(folder, { type: 'epoch', ...result })
        .then(() => writeCurves(folder))
        .catch((error) => console.warn(`The curves could not be drawn: ${error.message}`));
      finish();
      const { epoch, loss, scores, seconds } = result;
      console.log(
        `Epoch ${epoch}: loss ${loss.toFixed(3)}, dev CIDEr ${scores.cider.toFixed(3)}, BLEU-4 ${scores.bleu4.toFixed(3)} (greedy), ${scores.distinctCaptions} distinct captions, ${formatDuration(seconds)}`,
      );
    },
    finish,
  };
}
