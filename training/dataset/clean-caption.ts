// How a written caption becomes the words that the model learns.

/** Lower case, without punctuation; apostrophes and hyphens inside a word stay, `child 's` is one word. */
export function cleanCaption(text: string): string[] {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[‘’`´]/g, "'")
    .replace(/\s+'s(?!\p{L})/gu, "'s")
    .replace(/[^\p{L}\p{N}' -]+/gu, ' ')
    .split(/\s+/)
    .map((word) => word.replace(/^[-']+|[-']+$/g, ''))
    .filter((word) => word !== '');
}
