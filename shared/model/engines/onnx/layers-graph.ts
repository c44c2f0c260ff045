// A small layers model (a decoder's start or step, the classifier) as an ONNX graph, in float32 or with 8-bit weights.
import {
  type Layer,
  type LayersModel,
  LayersModelError,
  type TensorReference,
} from '../../layers-model/layers-model.ts';
import type { Precision } from '../engine.ts';
import { createGraphBuilder } from './graph-builder.ts';
import { layerOperators } from './layer-operators.ts';
import type { OnnxModel, ValueInfo } from './model.ts';

/**
 * Every input keeps its layer's name and has a batch dimension of its own, so a step may take one
 * row of what belongs to the picture with several rows of what belongs to the beams.
 * @param outputNames one for each output of the model, in its order
 * @param precision of large kernels
 * @throws LayersModelError at a layer kind without an operator
 */
export function buildLayersGraph(
  model: LayersModel,
  outputNames: string[],
  precision: Precision = 'fp32',
): OnnxModel {
  const graph = createGraphBuilder(model.name);
  const inputs: ValueInfo[] = [];
  for (const layer of model.layers) {
    if (layer.className === 'InputLayer') {
      inputs.push(inputOf(layer));
      continue;
    }
    const operator = layerOperators[layer.className];
    if (!operator) {
      throw new LayersModelError(
        `Layer ${layer.name} is a ${layer.className}, which cannot be exported.`,
      );
    }
    operator({
      graph,
      layer,
      inputs: layer.inputs.map(valueName),
      outputs: [0, 1, 2].map((i) =>
        isUsed(model, layer.name, i) ? valueName([layer.name, 0, i]) : undefined,
      ),
      weights: model.weights,
      precision,
    });
  }
  const outputs = model.outputs.map((reference, i): ValueInfo => {
    const name = outputNames[i] as string;
    const value = valueName(reference);
    if (value !== name) graph.node('Identity', [value], { name });
    return { name, type: 'float32' };
  });
  return graph.finish(inputs, outputs);
}

/** Output 0 has the layer's own name, so that graphs read well in a viewer. */
function valueName([layer, , output]: TensorReference): string {
  return output === 0 ? layer : `${layer}:${output}`;
}

function isUsed(model: LayersModel, name: string, output: number): boolean {
  const refers = (reference: TensorReference) => reference[0] === name && reference[2] === output;
  return model.outputs.some(refers) || model.layers.some((layer) => layer.inputs.some(refers));
}

function inputOf(layer: Layer): ValueInfo {
  const [, ...shape] = layer.config.batch_input_shape as number[];
  return {
    name: layer.name,
    type: layer.config.dtype as 'float32' | 'int32',
    shape: [`${layer.name}_rows`, ...shape],
  };
}
