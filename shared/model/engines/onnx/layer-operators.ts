// How each layer kind of a decoder (or of the classifier) becomes ONNX operators, in float32 or with 8-bit weights.
import { type Layer, LayersModelError, type Weight } from '../../layers-model/layers-model.ts';
import { weightValues } from '../../layers-model/weights.ts';
import type { Precision } from '../engine.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { int8Product, suitsInt8 } from './int8-product.ts';

export interface LayerContext {
  graph: GraphBuilder;
  layer: Layer;
  /** Names of the values that enter, batch first. */
  inputs: string[];
  /** Names that the results must have, one for each output that is used (undefined: not used). */
  outputs: (string | undefined)[];
  weights: Map<string, Weight>;
  /** Of products with weights. */
  precision: Precision;
}

type LayerOperator = (context: LayerContext) => void;

const activationOperators: Record<string, string> = {
  relu: 'Relu',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  softmax: 'Softmax',
};

export const layerOperators: Record<string, LayerOperator> = {
  Activation: ({ graph, layer, inputs, outputs }) => {
    activate(graph, {
      name: layer.config.activation as string,
      value: input(inputs),
      output: output(outputs),
    });
  },
  // Only training drops values.
  Dropout: ({ graph, inputs, outputs }) => {
    graph.node('Identity', inputs, { name: output(outputs) });
  },
  Dense: (context) => {
    const { graph, layer, inputs, outputs, weights } = context;
    const activation = (layer.config.activation as string | undefined) ?? 'linear';
    const linear = activation === 'linear';
    const hasBias = layer.config.use_bias !== false;
    const product = multiply(context, {
      value: input(inputs),
      kernel: `${layer.name}/kernel`,
      output: linear && !hasBias ? output(outputs) : `${layer.name}/product`,
    });
    const sum = hasBias
      ? graph.node('Add', [product, floats(graph, weights, `${layer.name}/bias`)], {
          name: linear ? output(outputs) : `${layer.name}/sum`,
        })
      : product;
    if (!linear) activate(graph, { name: activation, value: sum, output: output(outputs) });
  },
  Embedding: ({ graph, layer, inputs, outputs, weights }) => {
    graph.node('Gather', [floats(graph, weights, `${layer.name}/embeddings`), input(inputs)], {
      name: output(outputs),
    });
  },
  Add: ({ graph, inputs, outputs }) => {
    chain(graph, 'Add', inputs, output(outputs));
  },
  Multiply: ({ graph, inputs, outputs }) => {
    chain(graph, 'Mul', inputs, output(outputs));
  },
  Concatenate: ({ graph, inputs, outputs }) => {
    graph.node('Concat', inputs, { name: output(outputs), attributes: { axis: -1 } });
  },
  Reshape: ({ graph, layer, inputs, outputs }) => {
    const shape = graph.integers(`${layer.name}/shape`, [
      -1,
      ...(layer.config.target_shape as number[]),
    ]);
    graph.node('Reshape', [input(inputs), shape], { name: output(outputs) });
  },
  RepeatVector: ({ graph, layer, inputs, outputs }) => {
    const axis = graph.integers(`${layer.name}/axis`, [1]);
    const row = graph.node('Unsqueeze', [input(inputs), axis], { name: `${layer.name}/row` });
    const repeats = graph.integers(`${layer.name}/repeats`, [1, layer.config.n as number, 1]);
    graph.node('Tile', [row, repeats], { name: output(outputs) });
  },
  GlobalAveragePooling1D: ({ graph, inputs, outputs }) => {
    graph.node('ReduceMean', inputs, {
      name: output(outputs),
      attributes: { axes: [1], keepdims: 0 },
    });
  },
  // A vector [batch, n] with a matrix [batch, n, m], summed over n, as the attention decoder has it.
  Dot: ({ graph, layer, inputs, outputs }) => {
    const axes = layer.config.axes as [number, number];
    if (axes[0] !== 1 || axes[1] !== 1) {
      throw new LayersModelError(`Layer ${layer.name}: only Dot over axes [1, 1] is supported.`);
    }
    const axis = graph.integers(`${layer.name}/axis`, [1]);
    const [vector, matrix] = inputs as [string, string];
    const row = graph.node('Unsqueeze', [vector, axis], { name: `${layer.name}/row` });
    const product = graph.node('MatMul', [row, matrix], { name: `${layer.name}/product` });
    graph.node('Squeeze', [product, axis], { name: output(outputs) });
  },
  LSTM: lstm,
};

/**
 * One step of an LSTM, from `[batch, 1, n]` and its state, written out in Keras's gate order (input,
 * forget, cell, output). Outputs: the state, the state again, the cell.
 */
function lstm(context: LayerContext): void {
  const { graph, layer, inputs, outputs, weights } = context;
  const { name, config } = layer;
  const [value, state, cell] = inputs;
  if (!value || !state || !cell || config.return_state !== true || config.return_sequences) {
    throw new LayersModelError(
      `Layer ${name}: only an LSTM of one step with given state is supported.`,
    );
  }
  const part = (suffix: string) => `${name}/${suffix}`;
  const axis = graph.integers(part('axis'), [1]);
  const row = graph.node('Squeeze', [value, axis], { name: part('row') });
  const fromInput = multiply(context, {
    value: row,
    kernel: part('kernel'),
    output: part('from_input'),
  });
  const fromState = multiply(context, {
    value: state,
    kernel: part('recurrent_kernel'),
    output: part('from_state'),
  });
  const sum = graph.node('Add', [fromInput, fromState], { name: part('sum') });
  const gates = graph.node('Add', [sum, floats(graph, weights, part('bias'))], {
    name: part('gates'),
  });
  const units = config.units as number;
  const gate = (suffix: string, index: number, activation: unknown) => {
    const starts = graph.integers(part(`${suffix}_start`), [index * units]);
    const ends = graph.integers(part(`${suffix}_end`), [(index + 1) * units]);
    const slice = graph.node('Slice', [gates, starts, ends, axis], { name: part(`${suffix}_sum`) });
    return activate(graph, { name: activation as string, value: slice, output: part(suffix) });
  };
  const { activation, recurrent_activation: recurrent } = config;
  const enter = gate('input', 0, recurrent);
  const keep = gate('forget', 1, recurrent);
  const candidate = gate('candidate', 2, activation);
  const expose = gate('output', 3, recurrent);
  const kept = graph.node('Mul', [keep, cell], { name: part('kept') });
  const entered = graph.node('Mul', [enter, candidate], { name: part('entered') });
  const nextCell = graph.node('Add', [kept, entered], { name: outputs[2] ?? part('cell') });
  const exposed = activate(graph, {
    name: activation as string,
    value: nextCell,
    output: part('exposed'),
  });
  const nextState = graph.node('Mul', [expose, exposed], { name: outputs[1] ?? part('state') });
  if (outputs[0]) graph.node('Identity', [nextState], { name: outputs[0] });
}

function activate(
  graph: GraphBuilder,
  { name, value, output: result }: { name: string; value: string; output: string },
): string {
  // Keras's hard sigmoid: 0.2 x + 0.5, clipped, which older Keras models have in their LSTM.
  if (name === 'hard_sigmoid') {
    return graph.node('HardSigmoid', [value], {
      name: result,
      attributes: { alpha: { float: 0.2 }, beta: { float: 0.5 } },
    });
  }
  const operator = activationOperators[name];
  if (!operator) throw new LayersModelError(`The activation ${name} is not supported.`);
  return graph.node(operator, [value], { name: result });
}

function chain(graph: GraphBuilder, operator: string, inputs: string[], result: string): void {
  inputs.slice(1).reduce((left, right, i) => {
    const last = i === inputs.length - 2;
    return graph.node(operator, [left, right], { name: last ? result : `${result}/${i}` });
  }, input(inputs));
}

/** A product with a kernel `[inputs, outputs]`. */
function multiply(
  { graph, weights, precision }: LayerContext,
  { value, kernel, output }: { value: string; kernel: string; output: string },
): string {
  const weight = weightOf(weights, kernel);
  const shape = weight.shape as [number, number];
  if (precision === 'int8' && suitsInt8(shape)) {
    const matrix = { name: kernel, shape, values: weightValues(weight) };
    return int8Product(graph, { value, matrix, output });
  }
  return graph.node('MatMul', [value, floats(graph, weights, kernel)], { name: output });
}

function floats(graph: GraphBuilder, weights: Map<string, Weight>, name: string): string {
  const weight = weightOf(weights, name);
  return graph.floats(name, weight.shape, weightValues(weight));
}

function weightOf(weights: Map<string, Weight>, name: string): Weight {
  const weight = weights.get(name);
  if (!weight) throw new LayersModelError(`The weight ${name} is missing.`);
  return weight;
}

function input(inputs: string[]): string {
  return inputs[0] as string;
}

function output(outputs: (string | undefined)[]): string {
  return outputs[0] as string;
}
