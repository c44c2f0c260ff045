// What the drop-ins say of a picture, and when they say nothing.
import { answerOf, findModel, summarise } from '@caption-queue/api/drop-ins/models';
import type { CaptionOutput, CaptionRecord } from '@caption-queue/contract/caption';
import { describe, expect, it } from 'vitest';

const output: CaptionOutput = {
  caption: 'a dog is running through the snow',
  confidence: 0.9,
  alt_text: 'a dog',
  kind: 'photo',
  kind_confidence: 1,
  tags: [],
  alternatives: [],
  words: [],
};

describe('the models of the drop-ins', () => {
  it('answer the caption, or what is fit to be published of it', () => {
    const answers = ['caption-queue', 'caption-queue/alt'].map((name) =>
      answerOf(output, findModel(name)),
    );
    expect(answers).toEqual([
      { text: output.caption, refusal: null },
      { text: 'a dog', refusal: null },
    ]);
  });

  it.each(['drawing', 'screenshot', 'chart', 'document', 'blank'] as const)(
    'say nothing of a %s, and why',
    (kind) => {
      for (const wanted of ['caption', 'alt_text'] as const) {
        const answer = answerOf({ ...output, kind, alt_text: null }, wanted);
        expect(answer).toEqual({ text: '', refusal: expect.stringContaining(kind) });
      }
    },
  );

  it('say the caption where nothing is fit to be published, and why there is no alt text', () => {
    const unsure = { ...output, alt_text: null, confidence: 0.1 };
    expect(answerOf(unsure, 'caption')).toEqual({ text: output.caption, refusal: null });
    expect(answerOf(unsure, 'alt_text')).toEqual({
      text: '',
      refusal: expect.stringContaining('sure enough'),
    });
  });

  it('say the caption of a model that knows no kinds and was never calibrated', () => {
    const plain = { ...output, kind: null, alt_text: null, confidence: null };
    expect(answerOf(plain, 'caption').text).toBe(output.caption);
    expect(answerOf(plain, 'alt_text').refusal).toContain('never calibrated');
  });

  it('say what they can of several pictures, and of which they say nothing', () => {
    const captions = [output, { ...output, kind: 'chart' as const }, output].map((output) => ({
      output,
    })) as CaptionRecord[];
    expect(summarise(captions, 'caption')).toEqual({
      text: `${output.caption}\n\n${output.caption}`,
      refusal: expect.stringMatching(/^Picture 2: .*chart/),
      captions,
    });
    expect(summarise(captions.slice(0, 1), 'caption').refusal).toBe(null);
  });

  it.each(['', 'gpt-4o', 'caption-queue/', 'constructor', 'x'.repeat(100_000)])(
    'are no others',
    (name) => {
      expect(() => findModel(name)).toThrow(
        expect.objectContaining({
          code: 'not_found',
          message: expect.stringMatching(/^.{0,120}caption-queue and caption-queue\/alt\.$/),
        }),
      );
    },
  );
});
