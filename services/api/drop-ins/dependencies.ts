// What every drop-in is given.
import type { CaptionIntake } from '../captions/intake.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { UploadBudget } from '../uploads/budget.ts';
import type { JsonRules } from '../uploads/receive.ts';
import type { PictureCaptioner } from './captioner.ts';

export interface DropInDependencies extends ApiDependencies {
  intake: CaptionIntake;
  captioner: PictureCaptioner;
  budget: UploadBudget;
  json: JsonRules;
}
