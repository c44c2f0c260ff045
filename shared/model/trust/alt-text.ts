// What to publish: the caption, its beginning, what the classifier is surest of, or nothing.

/** All that could be said of a picture, each with the chance that it is right. */
export interface Statements<S extends { chance: number }> {
  caption: S;
  /** Beginnings of the caption, the longest first. */
  phrases: readonly S[];
  /** What is seen first of all. */
  tag: S;
}

/**
 * The caption where it is sure enough, else the longest of its beginnings that is; but the tag where that is likelier
 * still. @returns `undefined` when nothing reaches `minConfidence`
 */
export function chooseStatement<S extends { chance: number }>(
  { caption, phrases, tag }: Statements<S>,
  minConfidence: number,
): S | undefined {
  const isSure = ({ chance }: S) => chance >= minConfidence;
  const said = [caption, ...phrases].find(isSure);
  return isSure(tag) && tag.chance > (said?.chance ?? 0) ? tag : said;
}

/** Last words of names that take no article: plurals, and what isn't counted. */
const withoutArticle = new Set(
  'sunglasses binoculars trunks bars jeans pajamas corn hay dough guacamole carbonara sauce wine tissue mail velvet wool broccoli cauliflower rapeseed eggnog cream lotion sunscreen powder spray espresso consomme'.split(
    ' ',
  ),
);
/** ImageNet has these in the singular, nobody else does. */
const plurals: Record<string, string> = {
  jean: 'jeans',
  pajama: 'pajamas',
  sunglass: 'sunglasses',
};

/** Begin with a vowel but not with its sound. */
const consonantSound = /^(?:eu|uni|use|usu|ura|one\b|once\b)/;
const vowelSound = /^(?:[aeiou]|hour|heir|honest|honou?r)/;

/** A class name as something one can say: "umbrella" → "an umbrella". */
export function nounPhrase(label: string): string {
  const name = plurals[label] ?? label;
  const lower = name.toLowerCase();
  if (withoutArticle.has(lower.split(' ').at(-1) as string)) return name;
  const an = vowelSound.test(lower) && !consonantSound.test(lower);
  return `${an ? 'an' : 'a'} ${name}`;
}
