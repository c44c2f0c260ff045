// What counts as right. A caption is right if two thirds of its nouns stand in what people wrote of the photo; of a
// photo that only has names, if one of its nouns is one of them. A noun stands if it, or something it is a kind of,
// is there; words for people stand for each other. The name of a class or of a kind is right in the same way.

import type { SurestName } from '@caption-queue/model/trust/names';
import {
  kindsOf,
  type Nouns,
  nounsNeeded,
  nounsOf,
  singular,
} from '@caption-queue/model/trust/nouns';

/** What is known of a photo. */
export type Truth =
  | { kind: 'captions'; captions: readonly string[][] }
  /** In lower case, hypernyms included. */
  | { kind: 'names'; names: readonly string[] };

const PERSON = 'person';
/** Names have at most so many words. */
const LONGEST_NAME = 3;

/** @param kindOf a noun's singular, its other names and hypernyms @param said what `saidIn` found */
export const stands = (kindOf: readonly string[], said: ReadonlySet<string>) =>
  kindOf.some((kind) => said.has(kind));

export interface Judge {
  /** All that is said of a photo: its words, in the singular too, and up to three in a row. */
  saidIn(captions: readonly (readonly string[])[]): Set<string>;
  /** @param words of a caption, in lower case */
  captionIsRight(words: readonly string[], truth: Truth): boolean;
  nameIsRight(name: Pick<SurestName, 'classIndex' | 'kind'>, truth: Truth): boolean;
}

/** @param classWords for each class its own names, then its hypernyms */
export function createJudge(nouns: Nouns, classWords: readonly string[][]): Judge {
  const isPerson = (word: string) => kindsOf(nouns, word)?.includes(PERSON) === true;

  function saidIn(captions: readonly (readonly string[])[]): Set<string> {
    const said = new Set<string>();
    for (const words of captions) {
      words.forEach((word, start) => {
        if (isPerson(word)) said.add(PERSON);
        for (let end = start + 1; end <= Math.min(words.length, start + LONGEST_NAME); end++) {
          const before = words.slice(start, end - 1);
          const last = words[end - 1] as string;
          for (const form of [last, singular(nouns, last), last.replace(/s$/, '')]) {
            said.add([...before, form].join(' '));
          }
        }
      });
    }
    return said;
  }

  return {
    saidIn,
    captionIsRight(words, truth) {
      const found = nounsOf(nouns, words);
      if (truth.kind === 'names') {
        const said = saidIn([words]);
        const isNamed = (name: string) =>
          name.includes(' ')
            ? said.has(name)
            : found.some((noun) => singular(nouns, noun) === name);
        return truth.names.some(isNamed);
      }
      const said = saidIn(truth.captions);
      const standing = found.filter((noun) => stands(kindsOf(nouns, noun) as string[], said));
      return standing.length >= nounsNeeded(found.length);
    },
    nameIsRight({ classIndex, kind }, truth) {
      const own = classWords[classIndex] ?? [];
      if (truth.kind === 'names') return truth.names.includes(kind ?? (own[0] as string));
      return stands(
        kind === undefined ? own : (kindsOf(nouns, kind) as string[]),
        saidIn(truth.captions),
      );
    },
  };
}
