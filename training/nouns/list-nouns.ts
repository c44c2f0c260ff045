// The nouns of a vocabulary, each with all that it is a kind of: `nouns.json` of a bundle.
import type { Nouns } from '@caption-queue/model/trust/nouns';
import type { Vocabulary } from '@caption-queue/model/vocabulary';
import { keptNouns, personNouns, stopNouns, visibleFields } from './noun-lists.ts';
import type { WordNet } from './wordnet.ts';

export function listNouns(vocabulary: Vocabulary, wordnet: WordNet): Nouns {
  const nouns: Nouns = {};
  for (const word of vocabulary.toJSON()) {
    const lemma = wordnet.lemmaOf(word);
    const sense = lemma === undefined ? undefined : wordnet.noun(lemma);
    if (!sense || stopNouns.has(word)) continue;
    const seen = sense.mostlyNoun && visibleFields.has(sense.field);
    if (!seen && !keptNouns.has(word) && !personNouns.has(word)) continue;
    nouns[word] = personNouns.has(word) ? [...sense.kindOf, 'person'] : sense.kindOf;
  }
  return nouns;
}
