// A layers model as files: a folder with `model.json` and `weights.bin`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Layer,
  type LayersModel,
  LayersModelError,
  type TensorReference,
} from './layers-model.ts';
import { sliceWeights, storedWeight, type WeightEntry } from './weights.ts';

interface LayerJson {
  name: string;
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: TensorReference[][];
}

/** The parts of `model.json` that this project reads and writes. */
export interface ModelJson {
  format: string;
  generatedBy: string;
  modelTopology: {
    keras_version: string;
    backend: string;
    model_config: {
      class_name: string;
      config: {
        name: string;
        layers: LayerJson[];
        input_layers: TensorReference[];
        output_layers: TensorReference[];
      };
    };
  };
  weightsManifest: { paths: string[]; weights: WeightEntry[] }[];
}

/** @throws LayersModelError when the folder holds no functional layers model or it is damaged. */
export async function loadLayersModel(folder: string): Promise<LayersModel> {
  const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as ModelJson;
  const manifest = json.weightsManifest;
  const parts = await Promise.all(
    manifest.flatMap((group) => group.paths).map((path) => readFile(join(folder, path))),
  );
  const { config } = json.modelTopology.model_config;
  if (!config.input_layers) {
    throw new LayersModelError(`${folder}/model.json is not a functional layers model.`);
  }
  return {
    name: config.name,
    layers: config.layers.map(layerFromJson),
    inputs: config.input_layers,
    outputs: config.output_layers,
    weights: sliceWeights(
      manifest.flatMap((group) => group.weights),
      Buffer.concat(parts),
    ),
  };
}

function layerFromJson(json: LayerJson): Layer {
  if (json.inbound_nodes.length > 1) {
    throw new LayersModelError(
      `Layer ${json.name} is used more than once, which is not supported.`,
    );
  }
  return {
    name: json.name,
    className: json.class_name,
    config: json.config,
    inputs: json.inbound_nodes[0] ?? [],
  };
}

/** `model.json` without weights: what TensorFlow.js builds the model from. */
function topologyJson(model: Omit<LayersModel, 'weights'>): ModelJson['modelTopology'] {
  return {
    keras_version: '2.1.6',
    backend: 'tensorflow',
    model_config: {
      class_name: 'Model',
      config: {
        name: model.name,
        layers: model.layers.map((layer) => ({
          name: layer.name,
          class_name: layer.className,
          config: { name: layer.name, ...layer.config },
          inbound_nodes: layer.inputs.length > 0 ? [layer.inputs] : [],
        })),
        input_layers: model.inputs,
        output_layers: model.outputs,
      },
    },
  };
}

/** `model.json` as data and the bytes of `weights.bin`. */
export function serialiseLayersModel(model: LayersModel): { json: ModelJson; weights: Uint8Array } {
  const stored = [...model.weights].map(([name, weight]) => storedWeight(name, weight));
  const json: ModelJson = {
    format: 'layers-model',
    generatedBy: 'caption-queue',
    modelTopology: topologyJson(model),
    weightsManifest: [{ paths: ['weights.bin'], weights: stored.map(({ entry }) => entry) }],
  };
  return { json, weights: Buffer.concat(stored.map(({ bytes }) => bytes)) };
}
