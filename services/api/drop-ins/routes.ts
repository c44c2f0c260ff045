// The drop-ins: programs that speak to another captioner, or to any vision model, move over by changing an address.
import type { FastifyInstance } from 'fastify';
import type { CaptionIntake } from '../captions/intake.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { createOpenAnswers } from '../http/connections.ts';
import { createUploadBudget } from '../uploads/budget.ts';
import { jsonWithPictures } from '../uploads/inline-picture.ts';
import { FORM_OVERHEAD_BYTES } from '../uploads/receive.ts';
import { createPictureCaptioner } from './captioner.ts';
import { huggingFaceRoutes } from './hugging-face/routes.ts';
import { maxRoutes } from './max/routes.ts';
import { ollamaRoutes } from './ollama/routes.ts';
import { openAiRoutes } from './openai/routes.ts';

/** Uploads of the largest size being received at a time, by all drop-ins; smaller ones share the same memory. */
const LARGEST_UPLOADS_AT_ONCE = 8;
/** Long conversations, without their pictures. */
const JSON_STRUCTURE_BYTES = 1024 * 1024;

/** Adds all of them, each in a scope of its own with errors in its own shape. */
export async function dropInRoutes(
  app: FastifyInstance,
  dependencies: ApiDependencies & { intake: CaptionIntake; dropInWaitMs?: number },
): Promise<void> {
  const maxBytes = dependencies.settings.MAX_UPLOAD_BYTES;
  const largestBytes = maxBytes + FORM_OVERHEAD_BYTES;
  const json = jsonWithPictures(maxBytes, JSON_STRUCTURE_BYTES);
  const budget = createUploadBudget({
    budgetBytes: LARGEST_UPLOADS_AT_ONCE * largestBytes,
    largestBytes,
    json,
  });
  const openAnswers = createOpenAnswers(app);
  const captioner = createPictureCaptioner({ ...dependencies, budget, openAnswers });
  const all = { ...dependencies, captioner, budget, json };
  for (const addRoutes of [maxRoutes, openAiRoutes, ollamaRoutes, huggingFaceRoutes]) {
    await app.register(async (scope) => addRoutes(scope, all));
  }
}
