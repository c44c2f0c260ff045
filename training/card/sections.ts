// The parts of a model card that are figures: data, training, scores.
import type { BundleManifest } from '@caption-queue/contract/bundle';
import { formatDuration } from '../command-line/progress.ts';
import type { PreparedData } from '../dataset/prepared.ts';
import type { AblationRow } from '../evaluation/ablation.ts';
import { bestEpoch, type TrainingLog } from '../fit/training-log.ts';
import type { CaptionScores } from '../metrics/score-captions.ts';
import { codeBlock, count, markdownTable, paragraphs, score } from './markdown.ts';

export function summarySection(manifest: BundleManifest): string {
  const { encoder, decoder, generation, provenance, licence, version } = manifest;
  const { beamWidth, lengthPenalty, maxLength } = generation;
  return markdownTable(
    ['part', 'what'],
    [
      ['version', version],
      ['made from', provenance],
      ['encoder', `InceptionV3 at 299 × 299, up to \`${encoder.layer}\``],
      ['decoder', decoder.kind],
      [
        'generation',
        `beam ${beamWidth}, length penalty ${lengthPenalty}, at most ${maxLength} words`,
      ],
      ['terms', licence],
    ],
  );
}

export function dataSection({ captions: { train, dev }, vocabulary }: PreparedData): string {
  const captions = train.flatMap((photo) => photo.captions);
  const words = captions.reduce((sum, { length }) => sum + length, 0);
  return markdownTable(
    ['data', 'how much'],
    [
      ['photos', `${count(train.length)} to train on, ${count(dev.length)} to score (dev)`],
      [
        'training captions',
        `${count(captions.length)}, ${(words / captions.length).toFixed(1)} words each`,
      ],
      ['vocabulary', `${count(vocabulary.size)} tokens`],
    ],
  );
}

/**
 * @param commands as they are typed
 * @param lineage the model's log and before it those of the models it began with
 */
export function trainingSection(
  commands: readonly string[],
  lineage: readonly TrainingLog[],
): string {
  const table = markdownTable(
    ['model', 'seed', 'epochs', 'best', 'an epoch took', 'in all', 'loss'],
    lineage.map((log) => {
      const seconds = log.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
      return [
        log.name,
        String(log.settings.seed),
        String(log.epochs.length),
        String(bestEpoch(log).epoch),
        formatDuration(seconds / log.epochs.length),
        formatDuration(seconds),
        score(log.epochs.at(-1)?.loss ?? Number.NaN),
      ];
    }),
  );
  const settings = lineage.map(({ name, settings }) => `- ${name}: ${flat(settings).join(', ')}`);
  return paragraphs(codeBlock('sh', commands), table, settings.join('\n'));
}

/** `sizes.units=512` */
function flat(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, part]) =>
    typeof part === 'object' && part !== null
      ? flat(part, `${prefix}${key}.`)
      : `${prefix}${key}=${part}`,
  );
}

/** In the order in which they are shown. */
const metricNames: Record<keyof CaptionScores, string> = {
  bleu1: 'BLEU-1',
  bleu2: 'BLEU-2',
  bleu3: 'BLEU-3',
  bleu4: 'BLEU-4',
  rougeL: 'ROUGE-L',
  cider: 'CIDEr-D',
  distinctCaptions: 'different captions',
  distinctWords: 'different words',
  meanLength: 'words a caption',
};

export function metricsSection(
  { metrics }: BundleManifest,
  { captions: { dev } }: PreparedData,
): string {
  const known = Object.entries(metricNames).filter(([key]) => metrics[key] !== undefined);
  if (known.length === 0) return '';
  return paragraphs(
    `On the ${count(dev.length)} dev photos, against the captions as people wrote them, lower-cased and without punctuation. The best epoch was chosen on the same photos, so the figures flatter a little.`,
    markdownTable(
      known.map(([, name]) => name),
      [known.map(([key]) => metricText(key, metrics[key] as number))],
    ),
  );
}

function metricText(key: string, value: number): string {
  if (key.startsWith('distinct')) return count(value);
  return key === 'meanLength' ? value.toFixed(1) : score(value);
}

const comparedMetrics = ['bleu1', 'bleu4', 'rougeL', 'cider', 'distinctCaptions'] as const;

/**
 * @param rows what `evaluate --ablation` noted
 * @param logs of all models of the run; with a single one there is nothing to compare
 */
export function ablationSection(
  rows: readonly AblationRow[],
  logs: readonly TrainingLog[],
): string {
  const header = comparedMetrics.map((key) => metricNames[key]);
  const cells = (scores: CaptionScores) =>
    comparedMetrics.map((key) => metricText(key, scores[key]));
  const models =
    logs.length < 2
      ? ''
      : markdownTable(
          ['model, greedy captions', 'epochs', ...header],
          logs.map((log) => [log.name, String(log.epochs.length), ...cells(bestEpoch(log).scores)]),
        );
  return paragraphs(
    markdownTable(
      ['step', ...header],
      rows.map(({ name, scores }) => [name, ...cells(scores)]),
    ),
    models,
  );
}
