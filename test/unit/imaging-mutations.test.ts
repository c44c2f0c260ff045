// Whatever happens to a file on its way, it is decoded or refused with a reason; no process dies of it.
import { fileURLToPath } from 'node:url';
import { ProblemError } from '@caption-queue/contract/problems';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { createImagingPool } from '../../services/api/imaging/pool.ts';
import { readPhoto } from '../support/pictures.ts';
import { silentLogger } from '../support/pipeline.ts';
import { createRandom } from '../support/random.ts';

/** The promise is made for 10,000; so many fit into every run of the tests. */
const MUTATIONS = Number(process.env.MUTATIONS ?? 600);
/** Formats keep their structure at the beginning, where changes do the most. */
const HEADER_BYTES = 400;

const script = fileURLToPath(
  new URL('../../services/api/dist/imaging-process.js', import.meta.url),
);

it(`survives ${MUTATIONS} damaged pictures`, { timeout: 300_000 }, async () => {
  const deaths: string[] = [];
  const logger = {
    ...silentLogger,
    warn: (details: object) => deaths.push(JSON.stringify(details)),
  };
  const pool = createImagingPool({ processes: 2, script, limits: {}, logger: logger as never });
  const photo = await sharp(readPhoto('cat.jpg')).resize(160).toBuffer();
  const formats = ['jpeg', 'png', 'webp', 'gif', 'avif'] as const;
  const originals = await Promise.all(
    formats.map((format) => sharp(photo).toFormat(format).withMetadata().toBuffer()),
  );
  const random = createRandom(20_26);
  const below = (limit: number) => Math.floor(random() * limit);

  function mutate(): Buffer {
    const bytes = Buffer.from(originals[below(originals.length)] ?? photo);
    for (let changes = 1 + below(8); changes > 0; changes -= 1) {
      bytes[below(random() < 0.5 ? HEADER_BYTES : bytes.length)] = below(256);
    }
    return random() < 0.1 ? bytes.subarray(0, below(bytes.length)) : bytes;
  }

  const outcomes = new Map<string, number>();
  async function normaliseOne(): Promise<void> {
    const outcome = await pool.normalise(mutate()).then(
      () => 'accepted',
      (error: unknown) => (error instanceof ProblemError ? error.code : String(error)),
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  let left = MUTATIONS;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await normaliseOne();
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  await pool.close();

  expect(deaths).toEqual([]);
  const expected = [
    'accepted',
    'damaged_image',
    'empty_upload',
    'image_too_large',
    'unsupported_image',
  ];
  expect(expected).toEqual(expect.arrayContaining([...outcomes.keys()]));
  expect(outcomes.get('accepted')).toBeGreaterThan(MUTATIONS / 20);
  expect(outcomes.get('damaged_image')).toBeGreaterThan(MUTATIONS / 20);
});
