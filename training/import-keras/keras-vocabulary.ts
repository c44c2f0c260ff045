// A tokenizer's words as a bundle's vocabulary, whose first four ids have a meaning of their own.
import { createVocabulary, type Vocabulary } from '@caption-queue/model/vocabulary';
import { TrainingError } from '../failure.ts';
import type { KerasTokenizer } from './keras-tokenizer.ts';

export interface KerasVocabulary {
  vocabulary: Vocabulary;
  /** Of each token id the id that Keras gave it; undefined where the model has none (`<unknown>`). */
  kerasIds: (number | undefined)[];
}

/** What notebooks put around a caption, most usual first; Keras's tokenizer drops `<` and `>` by default. */
const usualMarks = [
  ['startseq', 'endseq'],
  ['<start>', '<end>'],
  ['<startseq>', '<endseq>'],
  ['<sos>', '<eos>'],
  ['<bos>', '<eos>'],
  ['startofseq', 'endofseq'],
  ['sos', 'eos'],
  ['bos', 'eos'],
  ['start', 'end'],
] as const;

/**
 * @param size of the model's output: ids 0 … size − 1
 * @param marks the words before and after each caption, where they are unusual
 * @throws TrainingError when model and tokenizer don't fit together, or the marks are not found
 */
export function keepKerasWords(
  { path, words, limit, unknownWord }: KerasTokenizer,
  {
    size,
    marks,
  }: { size: number; marks: { begin?: string | undefined; end?: string | undefined } },
): KerasVocabulary {
  const known = Math.max(...words.keys());
  // A tokenizer with a limit still lists all words; models are as large as the limit, or one larger.
  const fits =
    limit === undefined || limit > known
      ? size === known + 1
      : size === limit || size === limit + 1;
  const lacking = Array.from({ length: size - 1 }, (_, i) => i + 1).find((id) => !words.has(id));
  if (!fits || lacking !== undefined) {
    const count =
      limit === undefined ? `${known} words` : `${known} words, the first ${limit} in use`;
    throw new TrainingError(
      `The model tells ${size} tokens apart (padding included), the tokenizer ${path} has ${count}: they are not of the same training.`,
    );
  }
  const idOf = new Map([...words].map(([id, word]) => [word, id]));
  const [begin, end] = marksOf(idOf, { size, marks, path });
  const unknown = unknownWord === undefined ? undefined : idOf.get(unknownWord);
  const special = new Set([begin, end, unknown]);
  const ids = [...words.keys()].filter((id) => id < size && !special.has(id)).sort((a, b) => a - b);
  return {
    vocabulary: createVocabulary(ids.map((id) => words.get(id) as string)),
    kerasIds: [0, begin, end, unknown, ...ids],
  };
}

function marksOf(
  idOf: Map<string, number>,
  {
    size,
    marks,
    path,
  }: {
    size: number;
    marks: { begin?: string | undefined; end?: string | undefined };
    path: string;
  },
): [number, number] {
  const isKnown = (word: string) => (idOf.get(word) ?? size) < size;
  const usual = usualMarks.find((pair) => pair.every(isKnown));
  const [begin, end] = [marks.begin ?? usual?.[0], marks.end ?? usual?.[1]];
  if (begin === undefined || end === undefined) {
    throw new TrainingError(
      `The words that begin and end a caption are not known (${usualMarks[0].join(' and ')} are not in ${path}). Name them with --begin-word and --end-word.`,
    );
  }
  const missing = [begin, end].find((word) => !isKnown(word));
  if (missing !== undefined) {
    throw new TrainingError(
      `The word '${missing}' is not in ${path}, or the model doesn't know it.`,
    );
  }
  return [idOf.get(begin) as number, idOf.get(end) as number];
}
