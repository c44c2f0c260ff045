// Where the figures and captions of an evaluation are kept beside its plots: in the bundle, and in a file.
import { writeFile } from 'node:fs/promises';
import type { Bundle } from '@caption-queue/model/bundle';
import { resealBundle } from '../export/seal-bundle.ts';
import type { CaptionScores } from '../metrics/score-captions.ts';
import type { PhotoWithCaption } from '../plots/captioned-photo.ts';

/** Into the bundle's manifest, to four digits. */
export async function recordScores(bundle: Bundle, scores: CaptionScores): Promise<void> {
  const metrics = Object.fromEntries(
    Object.entries(scores).map(([name, value]) => [name, Number(value.toFixed(4))]),
  );
  await resealBundle(bundle, { metrics });
}

/** A JSON object a line: file, caption, references. */
export async function writeCaptions(
  file: string,
  captioned: readonly PhotoWithCaption[],
): Promise<void> {
  const lines = captioned.map(({ file, caption, references }) =>
    JSON.stringify({ file, caption, references }),
  );
  await writeFile(file, `${lines.join('\n')}\n`);
}
