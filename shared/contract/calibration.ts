// What a bundle was told about its own mistakes: `calibration.json`, written by `npm run train -- calibrate`.
import Type from 'typebox';

const probability = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

/** A logistic regression: 1 ÷ (1 + e^-(bias + Σ weight · evidence)). */
export const Chance = Type.Object({
  bias: Type.Number(),
  weights: Type.Record(Type.String(), Type.Number(), { description: 'Kind of evidence → weight.' }),
});
export type Chance = Type.Static<typeof Chance>;

export const Calibration = Type.Object({
  meanClassProbabilities: Type.Array(Type.Number(), {
    description: 'Of the classifier’s classes over the training photos: what is familiar.',
  }),
  judgedNouns: Type.Array(Type.String(), {
    description: 'What the noun classifier’s outputs stand for, in their order; in the singular.',
  }),
  guidance: Type.Object(
    {
      bonus: Type.Number({ minimum: 0, description: 'Nats for naming what the classifier sees.' }),
      leastProbability: probability('Classes from here on are named.'),
      mostFamiliarity: Type.Number({ description: 'Pictures under it are guided.' }),
    },
    { description: 'How unfamiliar pictures are captioned; a bonus of 0 leaves them alone.' },
  ),
  caption: Chance,
  phrase: Type.Optional(
    Type.Object(Chance.properties, { description: 'Of a caption’s beginning.' }),
  ),
  tag: Chance,
  minConfidence: probability('Default of `min_confidence`.'),
});
export type Calibration = Type.Static<typeof Calibration>;
