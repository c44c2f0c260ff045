// What a decoder's step answers of the next word, beside its state: not logits, but log-probabilities and which tokens are
// likeliest, so that nobody has to go through the whole vocabulary in JavaScript.
import type { OnnxModel, OnnxNode } from './model.ts';

/**
 * A step's graph with `logits` `[rows, vocabulary]` replaced: `log_probs` of the same shape, and `likeliest` int32
 * `[rows, count]`, token ids, the likeliest first. `count` int32 `[1]` is a further input.
 */
export function withLikeliestTokens(model: OnnxModel): OnnxModel {
  const node = (operator: string, inputs: string[], part: Partial<OnnxNode>): OnnxNode => ({
    operator,
    inputs,
    outputs: [],
    attributes: {},
    domain: '',
    ...part,
  });
  return {
    ...model,
    inputs: [...model.inputs, { name: 'count', type: 'int32', shape: [1] }],
    outputs: [
      { name: 'log_probs', type: 'float32' },
      { name: 'likeliest', type: 'int32' },
      ...model.outputs.filter(({ name }) => name !== 'logits'),
    ],
    nodes: [
      ...model.nodes,
      node('LogSoftmax', ['logits'], { outputs: ['log_probs'] }),
      node('Cast', ['count'], { outputs: ['count_int64'], attributes: { to: INT64 } }),
      node('TopK', ['logits', 'count_int64'], {
        outputs: ['likeliest_logits', 'likeliest_int64'],
      }),
      node('Cast', ['likeliest_int64'], { outputs: ['likeliest'], attributes: { to: INT32 } }),
    ],
  };
}

/** In TensorProto.DataType. */
const INT32 = 6;
const INT64 = 7;
