// The words of a Keras tokenizer, from its pickle or its JSON.
import { readFile } from 'node:fs/promises';
import { TrainingError } from '../failure.ts';
import { PickleError, readPickle } from './pickle.ts';

export interface KerasTokenizer {
  path: string;
  /** Word of each id, from 1 on; id 0 is the padding. */
  words: Map<number, string>;
  /** Ids from this one on were never given to the model. */
  limit?: number;
  /** What stands for a word outside the vocabulary. */
  unknownWord?: string;
}

/** Wherever Keras kept it over the years; never a class of somebody's own. */
const tokenizerClass = /^(tensorflow\.|keras).*preprocessing\.text\.Tokenizer$/;

/**
 * Accepts a pickled `Tokenizer`, `tokenizer.to_json()`, and a bare dictionary word → id as either.
 * @throws TrainingError when the file is missing, neither, or has no words
 */
export async function readTokenizer(path: string): Promise<KerasTokenizer> {
  const bytes = await readFile(path).catch((cause) => {
    throw new TrainingError(`The tokenizer ${path} cannot be read.`, { cause });
  });
  const isJson = /^\s*[{"]/.test(bytes.toString('latin1', 0, 16));
  const properties = isJson ? fromJson(bytes.toString(), path) : fromPickle(bytes, path);
  const index = asMap(properties.get('word_index')) ?? properties;
  const words = new Map<number, string>();
  for (const [word, id] of index) {
    if (typeof word === 'string' && Number.isInteger(id) && Number(id) > 0) {
      words.set(Number(id), word);
    }
  }
  if (words.size === 0 || words.size < index.size - 1) {
    throw new TrainingError(`${path} has no word_index: it is not a Keras tokenizer.`);
  }
  const limit = properties.get('num_words');
  const unknownWord = properties.get('oov_token');
  return {
    path,
    words,
    ...(typeof limit === 'number' && properties !== index && { limit }),
    ...(typeof unknownWord === 'string' && { unknownWord }),
  };
}

function fromPickle(bytes: Buffer, path: string): Map<unknown, unknown> {
  try {
    const value = readPickle(bytes, (name) => tokenizerClass.test(name));
    return asMap(value) ?? new Map();
  } catch (cause) {
    if (!(cause instanceof PickleError)) throw cause;
    throw new TrainingError(
      `${path} is not the pickle of a Keras tokenizer, and nothing in it was run. ${cause.message}`,
      { cause },
    );
  }
}

/** `to_json()` keeps dictionaries as JSON in JSON, and people `json.dump` the whole once more. */
function fromJson(text: string, path: string): Map<unknown, unknown> {
  try {
    const json = unwrapped(JSON.parse(text));
    return asMap(asMap(json)?.get('config') ?? json) ?? new Map();
  } catch (cause) {
    throw new TrainingError(`${path} is not valid JSON.`, { cause });
  }
}

function unwrapped(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}

function asMap(value: unknown): Map<unknown, unknown> | undefined {
  if (value instanceof Map) return value;
  if (typeof value === 'string' && value.startsWith('{')) return asMap(JSON.parse(value));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}
