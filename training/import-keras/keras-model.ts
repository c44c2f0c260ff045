// A Keras functional model's architecture (`model.to_json()`), as Keras 2 and Keras 3 write it.
import type { Layer, TensorReference } from '@caption-queue/model/layers-model/layers-model';
import { TrainingError } from '../failure.ts';

export interface KerasModel {
  path: string;
  /** Written by Keras 3, not 2. */
  isKeras3: boolean;
  /** As Keras lists them, which is the order of their weights. */
  layers: Layer[];
  outputs: TensorReference[];
}

type Json = Record<string, unknown>;

/**
 * @param text JSON @param path named in errors
 * @throws TrainingError when it is not a functional model, or a layer is used twice
 */
export function parseKerasModel(text: string, path: string): KerasModel {
  try {
    const json = unwrapped(JSON.parse(text)) as Json;
    const config = json.config as Json;
    const outputs = referencesOf(config.output_layers);
    if (outputs.length > 0) {
      return {
        path,
        isKeras3: text.includes('keras_history'),
        layers: (config.layers as Json[]).map((layer) => layerOf(layer, path)),
        outputs,
      };
    }
  } catch (cause) {
    if (cause instanceof TrainingError) throw cause;
  }
  throw new TrainingError(
    `${path} does not describe a functional Keras model, as model.to_json() does.`,
  );
}

/** `json.dump(model.to_json(), file)` writes a string that holds the JSON. */
function unwrapped(json: unknown): unknown {
  return typeof json === 'string' ? JSON.parse(json) : json;
}

function layerOf(json: Json, path: string): Layer {
  const name = String(json.name ?? (json.config as Json).name);
  const nodes = (json.inbound_nodes ?? []) as unknown[];
  if (nodes.length > 1) {
    throw new TrainingError(
      `${path} uses the layer ${name} more than once; it cannot be imported.`,
    );
  }
  return {
    name,
    className: String(json.class_name),
    config: json.config as Json,
    inputs: nodes.length > 0 ? referencesOf(nodes[0]) : [],
  };
}

/**
 * All tensors that are named in a node, in order: `["dense", 0, 0, {}]` in Keras 2, an object with
 * `keras_history` in Keras 3, whose keyword arguments (a mask) are no inputs of ours.
 */
function referencesOf(node: unknown): TensorReference[] {
  if (Array.isArray(node)) {
    const [layer, index, output] = node;
    return typeof layer === 'string' && typeof index === 'number' && typeof output === 'number'
      ? [[layer, 0, output, {}]]
      : node.flatMap(referencesOf);
  }
  if (node === null || typeof node !== 'object') return [];
  if ('args' in node) return referencesOf(node.args);
  const { keras_history: history } = ((node as Json).config ?? {}) as Json;
  return referencesOf(history);
}
