// The figures of a calibration, as a person reads them on the terminal and in the model card.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { markdownTable, paragraphs } from '../card/markdown.ts';
import { reliabilityPlot } from '../plots/reliability.ts';
import {
  type AssessedPhoto,
  type Quality,
  qualityOf,
  type ThresholdRow,
  thresholdRow,
} from './assess.ts';
import type { JudgedPhoto } from './judged-photo.ts';

export interface CalibrationReport {
  /** How each photo was judged by what didn't know it. */
  validation: 'leave one set out' | 'five folds';
  /** Of all photos together, then by data set. */
  quality: ({ set: string } & Quality)[];
  thresholds: ThresholdRow[];
  /** Of each set, from the default threshold on. */
  atDefault: ({ set: string } & ThresholdRow)[];
  minConfidence: number;
}

const THRESHOLDS = [0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

export function reportOf(
  photos: readonly AssessedPhoto[],
  minConfidence: number,
): CalibrationReport {
  const sets = [...new Set(photos.map(({ set }) => set))];
  const parts = sets.map((set) => ({ set, photos: photos.filter((photo) => photo.set === set) }));
  const all = sets.length > 1 ? [{ set: 'together', photos }, ...parts] : parts;
  const thresholds = [...new Set([...THRESHOLDS, minConfidence])].sort((a, b) => a - b);
  return {
    validation: sets.length > 1 ? 'leave one set out' : 'five folds',
    quality: all.map(({ set, photos: members }) => ({ set, ...qualityOf(members) })),
    thresholds: thresholds.map((threshold) => thresholdRow(photos, threshold)),
    atDefault: parts.map(({ set, photos: members }) => ({
      set,
      ...thresholdRow(members, minConfidence),
    })),
    minConfidence,
  };
}

export function qualityTable({ quality }: CalibrationReport): string {
  return markdownTable(
    [
      'photos',
      'how many',
      'captions right',
      'first tags right',
      'names right',
      'AUC',
      'calibration error',
      'of that by chance',
    ],
    quality.map(({ set, photos, auc, calibrationError, errorByChance, ...shares }) => [
      set,
      String(photos),
      percent(shares.captionsRight),
      percent(shares.firstTagsRight),
      percent(shares.namesRight),
      auc.toFixed(3),
      calibrationError.toFixed(3),
      errorByChance.toFixed(3),
    ]),
  );
}

export function thresholdTable({ thresholds, minConfidence }: CalibrationReport): string {
  return markdownTable(
    [
      '`min_confidence`',
      'photos with an alt text',
      'of those right',
      'beginnings of captions',
      'names',
    ],
    thresholds.map(({ threshold, given, right, phrases, tags }) => [
      threshold === minConfidence ? `${threshold} (default)` : String(threshold),
      percent(given),
      percent(right),
      percent(phrases),
      percent(tags),
    ]),
  );
}

/** What is published of each set by default. */
export function defaultTable({ atDefault }: CalibrationReport): string {
  return markdownTable(
    ['photos', 'with an alt text', 'of those right', 'beginnings of captions', 'names'],
    atDefault.map(({ set, given, right, phrases, tags }) => [
      set,
      ...[given, right, phrases, tags].map(percent),
    ]),
  );
}

const validations: Record<CalibrationReport['validation'], string> = {
  'leave one set out':
    'Leaving one set out: each photo is judged by a calibration that was fitted on the other sets.',
  'five folds':
    'By five-fold cross-validation: each photo is judged by a calibration that was fitted on others.',
};

export const validationText = ({ validation }: CalibrationReport): string =>
  validations[validation];

export function reportText(report: CalibrationReport): string {
  return paragraphs(
    validationText(report),
    qualityTable(report),
    thresholdTable(report),
    defaultTable(report),
  );
}

export const REPORT_FILE = 'report.json';
export const CONFIDENCE_PLOT = 'confidence.svg';

/** Also what was found of each photo, so that one can look at it. */
export async function writeReport(
  folder: string,
  {
    report,
    assessed,
    judged,
  }: {
    report: CalibrationReport;
    assessed: readonly AssessedPhoto[];
    judged: readonly JudgedPhoto[];
  },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, REPORT_FILE), JSON.stringify(report, null, 2));
  const lines = judged.map(({ set, file, words, caption, tag }, index) =>
    JSON.stringify({
      set,
      file,
      caption: words.join(' '),
      right: caption.right,
      confidence: assessed[index]?.caption.probability,
      evidence: caption.evidence,
      tag: { ...tag, confidence: assessed[index]?.tag.probability },
    }),
  );
  await writeFile(path.join(folder, 'photos.jsonl'), `${lines.join('\n')}\n`);
  const plot = reliabilityPlot({
    subject: 'captions',
    rightMeans: 'is right',
    predictions: assessed.map(({ caption }) => caption),
  });
  await writeFile(path.join(folder, CONFIDENCE_PLOT), plot);
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
