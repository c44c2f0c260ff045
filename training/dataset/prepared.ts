// What `prepare` makes of a data set and every later step reads: cleaned captions, raw references, vocabulary.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Vocabulary, vocabularyFromJson } from '@caption-queue/model/vocabulary';
import type { RunFolder } from '../command-line/run-folder.ts';
import { TrainingError } from '../failure.ts';

export interface PreparedCaptions {
  /** Captions to train on, as words. */
  train: { file: string; captions: string[][] }[];
  /** References to score against, as people wrote them. */
  dev: { file: string; references: string[] }[];
}

export interface PreparedData {
  captions: PreparedCaptions;
  vocabulary: Vocabulary;
}

export async function savePrepared(
  run: RunFolder,
  { captions, vocabulary }: PreparedData,
): Promise<void> {
  await mkdir(path.dirname(run.captions), { recursive: true });
  await writeFile(run.captions, JSON.stringify(captions));
  await writeFile(run.vocabulary, JSON.stringify(vocabulary));
}

/** @throws TrainingError when `prepare` has not run */
export async function loadPrepared(run: RunFolder): Promise<PreparedData> {
  return {
    captions: (await readJson(run.captions)) as PreparedCaptions,
    vocabulary: vocabularyFromJson((await readJson(run.vocabulary)) as string[]),
  };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new TrainingError(`${file} cannot be read; make it with \`npm run train -- prepare\`.`, {
      cause,
    });
  }
}
