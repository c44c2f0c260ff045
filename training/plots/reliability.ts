// Whether probabilities can be trusted: in ten equal bins, the predicted beside the observed share of what was
// right. Guo et al. 2017, https://arxiv.org/abs/1706.04599
import { chart } from './chart.ts';
import { formatTick } from './scale.ts';
import { INK, type Point } from './svg.ts';

export interface Prediction {
  /** 0…1 */
  probability: number;
  right: boolean;
}

export interface ReliabilityBin {
  low: number;
  high: number;
  count: number;
  /** Mean probability of the bin's predictions. */
  predicted: number;
  /** Share of them that was right. */
  observed: number;
}

const BINS = 10;

/** The bins that have predictions, lowest first. The last includes 1. */
export function reliabilityBins(predictions: readonly Prediction[]): ReliabilityBin[] {
  const bins = Array.from({ length: BINS }, (): Prediction[] => []);
  for (const prediction of predictions) {
    bins[Math.min(BINS - 1, Math.floor(prediction.probability * BINS))]?.push(prediction);
  }
  return bins.flatMap((members, index) => {
    const count = members.length;
    if (count === 0) return [];
    return {
      low: index / BINS,
      high: (index + 1) / BINS,
      count,
      predicted: members.reduce((sum, { probability }) => sum + probability, 0) / count,
      observed: members.filter(({ right }) => right).length / count,
    };
  });
}

/** Mean distance between predicted and observed, weighted by how many predictions a bin has. */
export function calibrationError(predictions: readonly Prediction[]): number {
  const sum = reliabilityBins(predictions).reduce(
    (total, { count, predicted, observed }) => total + count * Math.abs(predicted - observed),
    0,
  );
  return sum / predictions.length;
}

/**
 * The bins as bars beside the line where prediction and observation agree, and how many predictions each has.
 * @param subject what is predicted, plural, e.g. `words`
 * @param rightMeans when one counts as right, in a few words
 * @param predictions at least one
 */
export function reliabilityPlot({
  subject,
  rightMeans,
  predictions,
}: {
  subject: string;
  rightMeans: string;
  predictions: readonly Prediction[];
}): string {
  const bins = reliabilityBins(predictions);
  const error = calibrationError(predictions);
  return chart([
    {
      title: `Predicted and observed, calibration error ${error.toFixed(3)}`,
      x: { label: 'predicted probability', domain: [0, 1] },
      y: { label: `share of ${subject} that ${rightMeans}`, domain: [0, 1] },
      bars: { bars: bins.map(({ low, high, observed }) => ({ x0: low, x1: high, y: observed })) },
      series: [
        {
          points: [
            [0, 0],
            [1, 1],
          ],
          colour: INK,
          style: 'dashed',
        },
        {
          points: bins.map(({ predicted, observed }): Point => [predicted, observed]),
          colour: '#d55e00',
        },
      ],
    },
    {
      title: `${formatTick(predictions.length)} ${subject}`,
      x: { label: 'predicted probability', domain: [0, 1] },
      y: { label: subject, kind: 'integer' },
      bars: { bars: bins.map(({ low, high, count }) => ({ x0: low, x1: high, y: count })) },
    },
  ]);
}
