// What the test builds of the processors share: how slow they are, which picture they die of, how they say where they are.

/** Before each picture, or after each of its words. */
export const pauseMs = Number(process.env.PAUSE_MS ?? 0);

/** Which no photo of the tests begins with. */
export const deadlyColour = [255, 0, 254] as const;

/** On standard output, where a test waits for it. */
export function announce(stage: 'encoding' | 'decoding', what: string): void {
  console.log(`test build: ${stage} ${what}`);
}

export function isDeadly(pixels: Uint8Array): boolean {
  return deadlyColour.every((value, place) => pixels[place] === value);
}
