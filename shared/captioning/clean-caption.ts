// How a written caption becomes the words that the model learns: one place, for training and scoring.

/** Lower case, without punctuation; a possessive or an inner hyphen splits no word apart. */
export function cleanCaption(text: string): string[] {
  return text
    .toLowerCase()
    .normalize('NFKC')
    .replace(/[‘’`´]/g, "'")
    .replace(/(\p{L})'s\b/gu, "$1's")
    .replace(/[^\p{L}\p{N}' -]+/gu, ' ')
    .split(/\s+/)
    .map((word) => word.replace(/^[-']+|[-']+$/g, ''))
    .filter((word) => word !== '');
}
