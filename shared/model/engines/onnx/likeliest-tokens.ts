// What a decoder's step answers of the next word: not the logits of the whole vocabulary, but a few candidates, so that
// little is handed over and nothing is gone through in JavaScript.
import type { OnnxModel, OnnxNode } from './model.ts';

/** In TensorProto.DataType. */
const INT32 = 6;
const INT64 = 7;

/**
 * A step's graph with `logits` `[rows, vocabulary]` replaced. Further inputs: `count` int32 `[1]`, and `also` int32
 * `[rows, m]`, token ids. Outputs: `candidates` int32 `[rows, count + m]`, the likeliest tokens, best first, then those;
 * and their `log_probs`.
 */
export function withLikeliestTokens(model: OnnxModel): OnnxModel {
  return {
    ...model,
    inputs: [
      ...model.inputs,
      { name: 'count', type: 'int32', shape: [1] },
      { name: 'also', type: 'int32', shape: ['also_rows', 'also_tokens'] },
    ],
    outputs: [
      { name: 'candidates', type: 'int32' },
      { name: 'log_probs', type: 'float32' },
      ...model.outputs.filter(({ name }) => name !== 'logits'),
    ],
    nodes: [
      ...model.nodes,
      node('Cast', ['count'], ['count_int64'], { to: INT64 }),
      node('TopK', ['logits', 'count_int64'], ['likeliest_logits', 'likeliest_int64']),
      node('Cast', ['likeliest_int64'], ['likeliest'], { to: INT32 }),
      node('Concat', ['likeliest', 'also'], ['candidates'], { axis: 1 }),
      node('LogSoftmax', ['logits'], ['all_log_probs']),
      node('GatherElements', ['all_log_probs', 'candidates'], ['log_probs'], { axis: 1 }),
    ],
  };
}

function node(
  operator: string,
  inputs: string[],
  outputs: string[],
  attributes: OnnxNode['attributes'] = {},
): OnnxNode {
  return { operator, inputs, outputs, attributes, domain: '' };
}
