// A captioner whose embedding has no mask reads the padding in front of a caption as words. With each word
// there is one padding less, and Keras starts over; a decoder that goes on from its last state can only
// have read one number of them. So it starts as if before the first word, and what that changes is measured.

import type { DecoderState, StepDecoder } from '@caption-queue/model/generation/step-decoder';
import type { Layer, TensorReference } from '@caption-queue/model/layers-model/layers-model';
import { beginTokenId, endTokenId, padTokenId } from '@caption-queue/model/vocabulary';
import { layer, outputOf } from '../decoders/topology.ts';
import type { DecoderModels } from './captioner-models.ts';

/**
 * The models with a `start` that has read the padding before the first word.
 * @param decoder made of the models as they are
 * @param length of the captions that the model reads, padding included
 */
export async function readPaddingFirst(
  { start, step }: DecoderModels,
  { decoder, grid, length }: { decoder: StepDecoder; grid: Float32Array; length: number },
): Promise<DecoderModels> {
  const { state, cell } = await stateAfter(decoder, { grid, tokens: padding(length - 1) });
  const [source] = start.outputs[0] as TensorReference;
  const input = step.layers.find(({ name }) => name === source) as Layer;
  const [, width] = input.config.batch_input_shape as [null, number];
  const weights = new Map(start.weights);
  // A stock layer that gives the same numbers whatever enters: its kernel is zeros.
  const constants = Object.entries({ state, cell }).map(([name, bias]) => {
    const units = bias.length;
    const kernel = new Uint8Array(width * units);
    weights.set(`${name}/kernel`, {
      shape: [width, units],
      dtype: 'uint8',
      data: kernel,
      scale: 1,
      min: 0,
    });
    weights.set(`${name}/bias`, { shape: [units], dtype: 'float32', data: bias });
    return layer('Dense', name, { from: [source], units });
  });
  const layers = [...start.layers, ...constants];
  const outputs = [...start.outputs, outputOf('state'), outputOf('cell')];
  return { start: { ...start, layers, outputs, weights }, step };
}

export interface PaddingEffect {
  /** Words of the photo's greedy caption, its end included. */
  words: number;
  /** How many of them Keras would have chosen otherwise. */
  changed: number;
  /** Greatest difference in the log-probability of a word that Keras holds likeliest, in nats. */
  difference: number;
}

/** Compares a caption, word by word, with what the model says when it reads all of it anew. */
export async function measurePadding(
  decoder: StepDecoder,
  { grid, length }: { grid: Float32Array; length: number },
): Promise<PaddingEffect> {
  const effect: PaddingEffect = { words: 0, changed: 0, difference: 0 };
  const tokens = [beginTokenId];
  let state = await decoder.start(grid);
  while (tokens.length <= length) {
    const last = Int32Array.of(tokens.at(-1) as number);
    const before = [...padding(length - tokens.length), ...tokens.slice(0, -1)];
    const keras = await decoder.step(await stateAfter(decoder, { grid, tokens: before }), last);
    const wanted = keras.candidates[0] as number;
    const ours = await decoder.step(state, last, { also: [wanted] });
    const next = ours.candidates[0] as number;
    const difference = Math.abs((ours.logProbs[1] as number) - (keras.logProbs[0] as number));
    effect.words++;
    if (next !== wanted) effect.changed++;
    effect.difference = Math.max(effect.difference, difference);
    if (next === endTokenId) break;
    tokens.push(next);
    state = ours.next;
  }
  return effect;
}

function padding(count: number): number[] {
  return new Array<number>(count).fill(padTokenId);
}

/** The decoder's state after it has read `tokens` from nothing. */
async function stateAfter(
  decoder: StepDecoder,
  { grid, tokens }: { grid: Float32Array; tokens: number[] },
): Promise<DecoderState> {
  const zeros = new Float32Array(decoder.units);
  let state: DecoderState = { ...(await decoder.start(grid)), state: zeros, cell: zeros };
  for (const token of tokens) state = (await decoder.step(state, Int32Array.of(token))).next;
  return state;
}

/** What to tell a person, a line each; nothing where the captioner reads no padding. @param effects of each photo */
export function paddingWarnings(
  { isMasked, maxLength }: { isMasked: boolean; maxLength?: number | undefined },
  effects: readonly PaddingEffect[],
): string[] {
  if (isMasked) return [];
  if (maxLength === undefined) {
    return [
      'Warning: the captioner has no mask_zero and takes captions of any length. It is served as if it had been trained without padding.',
    ];
  }
  const words = effects.reduce((sum, effect) => sum + effect.words, 0);
  const changed = effects.reduce((sum, effect) => sum + effect.changed, 0);
  const difference = Math.max(...effects.map((effect) => effect.difference));
  return [
    `Warning: the captioner's Embedding has no mask_zero, so Keras reads padding as words, and one less with each word; here it is read once. On ${effects.length} photos ${changed} of ${words} words would have been others, and log-probabilities differ by up to ${difference.toFixed(3)}. docs/keras.md says how to train without that.`,
  ];
}
