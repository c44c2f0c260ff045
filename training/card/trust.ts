// What the model card says about confidence: the figures that `calibrate` left in the run's folder.
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type CalibrationReport,
  CONFIDENCE_PLOT,
  defaultTable,
  qualityTable,
  REPORT_FILE,
  thresholdTable,
  validationText,
} from '../calibration/report.ts';
import { CARD_FOLDER } from '../export/seal-bundle.ts';
import { image, paragraphs } from './markdown.ts';

/** @param calibration folder of the bundle's calibration @param cardFolder where the plot goes */
export async function trustSection(calibration: string, cardFolder: string): Promise<string> {
  const text = await readFile(path.join(calibration, REPORT_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return '';
  const report: CalibrationReport = JSON.parse(text);
  await copyFile(path.join(calibration, CONFIDENCE_PLOT), path.join(cardFolder, CONFIDENCE_PLOT));
  return paragraphs(
    `${validationText(report)} A caption is right when two thirds of its nouns are in what people wrote of the photo, or, where a photo only has names, when it names it. AUC: how often a right caption has a higher confidence than a wrong one. Calibration error: how far confidence is from the share that is right, on average over ten equal bins; beside it what a calibration without fault would show on so many photos.`,
    qualityTable(report),
    'What is published (`alt_text`) from which threshold on, of all these photos together:',
    thresholdTable(report),
    'By set, at the default:',
    defaultTable(report),
    image('Predicted and observed shares of right captions', `${CARD_FOLDER}/${CONFIDENCE_PLOT}`),
  );
}
