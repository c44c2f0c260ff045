// What to publish: the caption, what the classifier is surest of, or nothing.

export interface Statement {
  text: string;
  /** That it is right. */
  chance: number;
}

/** The statement likeliest to be right, or `null` when none reaches `minConfidence`. */
export function chooseAltText(
  { caption, tag }: { caption: Statement; tag?: { label: string; chance: number } | undefined },
  minConfidence: number,
): string | null {
  const best =
    tag && tag.chance > caption.chance
      ? { text: nounPhrase(tag.label), chance: tag.chance }
      : caption;
  return best.chance >= minConfidence ? best.text : null;
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
