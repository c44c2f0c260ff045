// BLEU, ROUGE-L and CIDEr-D equal the reference implementation's (fixtures/metrics/score.py made the values).
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { corpusBleu } from '@caption-queue/training/metrics/bleu';
import { ciderD, ciderDScores } from '@caption-queue/training/metrics/cider-d';
import { rougeL } from '@caption-queue/training/metrics/rouge-l';
import { scoreCaptions } from '@caption-queue/training/metrics/score-captions';
import { type ScoredCaption, scoringWords } from '@caption-queue/training/metrics/scored-caption';
import { describe, expect, it } from 'vitest';
import { splicedCaptions } from '../support/training/spliced-captions.ts';
import { syntheticCaptions } from '../support/training/synthetic-captions.ts';

type Expected = Record<'bleu1' | 'bleu2' | 'bleu3' | 'bleu4' | 'rougeL' | 'cider', number> & {
  sha256: string;
};
const expected = JSON.parse(
  await readFile(new URL('../fixtures/metrics/pycocoevalcap.json', import.meta.url), 'utf8'),
) as Record<'synthetic' | 'flickr8kDev', Expected>;

const flickr8k = process.env.FLICKR8K_DIR;
if (!flickr8k) {
  console.warn('SKIPPED: metrics on the real dev split. Set FLICKR8K_DIR to the data set.');
}

const words = (text: string) => text.split(' ');

function compare(captions: ScoredCaption[], values: Expected): void {
  // Another text would have other values.
  const text = createHash('sha256').update(JSON.stringify(captions)).digest('hex');
  expect(text).toBe(values.sha256);
  const scores = scoreCaptions(captions);
  for (const name of ['bleu1', 'bleu2', 'bleu3', 'bleu4', 'rougeL', 'cider'] as const) {
    expect(scores[name], name).toBeCloseTo(values[name], 8);
  }
}

describe('the metrics', () => {
  it('equal pycocoevalcap on a thousand made-up captions', () => {
    compare(syntheticCaptions(), expected.synthetic);
  });

  it.skipIf(!flickr8k)('equal pycocoevalcap on the dev split of Flickr8k', async () => {
    compare(await splicedCaptions(flickr8k as string), expected.flickr8kDev);
  });

  it('are perfect for captions that people wrote', () => {
    const captions = ['a dog runs on the wet grass', 'two men sit in a small boat'].map((text) => ({
      hypothesis: words(text),
      references: [words(text)],
    }));
    expect(corpusBleu(captions)[3]).toBeCloseTo(1, 6);
    expect(rougeL(captions)).toBeCloseTo(1, 6);
    expect(ciderD(captions)).toBeCloseTo(10, 6);
  });

  it('are zero for captions that share no word with the references', () => {
    const captions = [
      { hypothesis: words('x y z w v'), references: [words('a dog runs on grass')] },
      { hypothesis: [], references: [words('two men sit in a boat')] },
    ];
    expect(corpusBleu(captions)[0]).toBeCloseTo(0, 6);
    expect(rougeL(captions)).toBe(0);
    expect(ciderDScores(captions)).toEqual([0, 0]);
  });

  it('punish a caption that is shorter than its references', () => {
    const references = [words('a dog runs on the wet grass')];
    const [short, full] = ['a dog runs on', 'a dog runs on the wet grass'].map(
      (text) => corpusBleu([{ hypothesis: words(text), references }])[0] as number,
    );
    expect(short).toBeCloseTo(Math.exp(1 - 7 / 4), 6);
    expect(full).toBeCloseTo(1, 6);
  });

  it('count distinct captions, distinct words and the mean length', () => {
    const references = [words('a dog')];
    const scores = scoreCaptions(
      ['a dog', 'a dog', 'a cat sits'].map((text) => ({ hypothesis: words(text), references })),
    );
    expect(scores).toMatchObject({ distinctCaptions: 2, distinctWords: 4 });
    expect(scores.meanLength).toBeCloseTo(7 / 3, 9);
  });

  it('compare text without case and punctuation', () => {
    expect(scoringWords("A dog 's T-shirt , wet .")).toEqual(['a', 'dog', 's', 'tshirt', 'wet']);
  });
});
