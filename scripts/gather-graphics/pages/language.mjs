// Invented text in a language of words.json: words in any order look like text, which is all that counts.
import { readFileSync } from 'node:fs';

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {{ direction: string, space?: string, words: string, ui: string }} Words */

/** @type {Record<string, Words>} */
const words = JSON.parse(readFileSync(new URL('words.json', import.meta.url), 'utf8'));
/** More pages in Latin script than there are languages of it. */
const CHOICES = [...Object.keys(words), 'en', 'en', 'en', 'en', 'en', 'de', 'fr', 'es'];

/** @param {Random} random */
export function createLanguage(random) {
  const name = random.pick(CHOICES);
  const language = /** @type {Words} */ (words[name]);
  const vocabulary = language.words.split(' ');
  const labels = language.ui.split(',');
  const space = language.space ?? ' ';
  /** @param {number} count */
  const text = (count) => capital(random.times(count, () => random.pick(vocabulary)).join(space));
  return {
    name,
    direction: language.direction,
    text,
    /** A word or two of a user interface. */
    label: () => random.pick(labels),
    /** Usual names of menus, in order. @param {number} count */
    menu: (count) => labels.slice(0, Math.min(count, 8)),
    ok: /** @type {string} */ (labels[8]),
    cancel: /** @type {string} */ (labels[9]),
    title: () => text(random.int(2, 5)),
    sentence: () => `${text(random.int(6, 16))}${space === '' ? '。' : '.'}`,
    /** @param {number} sentences */
    paragraph: (sentences) =>
      random
        .times(sentences, () => `${text(random.int(6, 18))}${space === '' ? '。' : '. '}`)
        .join(''),
  };
}

/** @typedef {ReturnType<typeof createLanguage>} Language */

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
