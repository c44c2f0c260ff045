// The files of a Keras captioner → the two models of a decoder, and the vocabulary they speak.
import { readFile } from 'node:fs/promises';
import type { Vocabulary } from '@caption-queue/model/vocabulary';
import { TrainingError } from '../failure.ts';
import { captionerModels, type DecoderModels } from './captioner-models.ts';
import { planCaptioner } from './captioner-plan.ts';
import { readKerasFile } from './keras-file.ts';
import { parseKerasModel } from './keras-model.ts';
import { readTokenizer } from './keras-tokenizer.ts';
import { keepKerasWords } from './keras-vocabulary.ts';

export interface CaptionerFiles {
  /** Its architecture, `.json`, or a whole model, `.h5`. */
  captioner: string;
  /** Not needed with a whole model. */
  weights?: string | undefined;
  tokenizer: string;
  /** The words before and after each caption, where they are unusual. */
  marks: { begin?: string | undefined; end?: string | undefined };
}

export interface ImportedCaptioner {
  models: DecoderModels;
  vocabulary: Vocabulary;
  /** Most words of a caption that the model can read; undefined where there is no limit. */
  maxLength: number | undefined;
  /** It passes over padding, as a decoder does that is never given any. */
  isMasked: boolean;
}

/** @throws TrainingError that names the file, and the layer, that does not fit */
export async function importCaptioner(files: CaptionerFiles): Promise<ImportedCaptioner> {
  const { architecture, file } = await readModel(files);
  const plan = planCaptioner(parseKerasModel(architecture, files.captioner));
  const { vocabulary, kerasIds } = keepKerasWords(await readTokenizer(files.tokenizer), {
    size: plan.vocabularySize,
    marks: files.marks,
  });
  const { maxLength, isMasked } = plan;
  return { models: captionerModels(plan, { file, kerasIds }), vocabulary, maxLength, isMasked };
}

async function readModel({ captioner, weights }: CaptionerFiles) {
  if (captioner.endsWith('.json')) {
    if (weights === undefined) {
      throw new TrainingError(`${captioner} has no weights; name their file with --weights.`);
    }
    const architecture = await readFile(captioner, 'utf8').catch((cause) => {
      throw new TrainingError(`${captioner} cannot be read.`, { cause });
    });
    return { architecture, file: await readKerasFile(weights) };
  }
  const whole = await readKerasFile(captioner);
  if (whole.architecture === undefined) {
    throw new TrainingError(
      `${captioner} holds weights only. Name the architecture with --captioner model.json (in Keras: model.to_json()) and this file with --weights.`,
    );
  }
  return {
    architecture: whole.architecture,
    file: weights === undefined ? whole : await readKerasFile(weights),
  };
}
