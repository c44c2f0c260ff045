// The second engine: the bundle's layers models as they are, in float32, on TensorFlow (tfjs-node).
import { sha256 } from '../../bundle.ts';
import { serialiseLayersModel } from '../../layers-model/files.ts';
import type { LayersModel } from '../../layers-model/layers-model.ts';
import { weightValues } from '../../layers-model/weights.ts';
import { type Engine, type EngineOptions, outputNames, type Tensor } from '../engine.ts';
import { loadTensorFlow, type TensorFlow } from './tensorflow.ts';

export function createTfjsEngine({ threads }: EngineOptions): Engine {
  const tf = loadTensorFlow(threads);
  return {
    name: 'tfjs',
    async loadGraph(bundle, part) {
      const source = await bundle.loadModel(part);
      const model = await toTensorFlow(tf, source);
      const inputs = source.inputs.map(([layer]) => layer);
      const outputs = outputNames(
        part,
        source.outputs.map(([layer]) => layer),
      );
      return {
        hash: hashOf(source),
        precision: 'fp32',
        async run(tensors) {
          const results = tf.tidy(() => {
            const fed =
              part === 'encoder'
                ? [scaledPixels(tf, tensors.pixels as PixelsTensor)]
                : inputs.map((name) => toTensor(tf, tensors[name] as FloatOrTokens));
            const alike = repeatSingleRows(fed);
            // Not `apply`: that hands one options object to all layers, and an LSTM leaves its state in it.
            const made = [model.predict(alike, { batchSize: alike[0]?.shape[0] as number })].flat();
            const named = Object.fromEntries(
              outputs.map((name, i) => [name, made[i] as AnyTensor]),
            );
            return part === 'decoder/step' ? withLikeliestTokens(tf, named, tensors) : named;
          });
          const values = await Promise.all(
            Object.entries(results).map(async ([name, tensor]) => [name, await tensor.data()]),
          );
          tf.dispose(results);
          return Object.fromEntries(values);
        },
        async dispose() {
          model.dispose();
        },
      };
    },
  };
}

type PixelsTensor = { data: Uint8Array; shape: number[] };
type FloatOrTokens = { data: Float32Array | Int32Array; shape: number[] };
type AnyTensor = import('@tensorflow/tfjs-node').Tensor;

/** The model with its weights as float32, ready for TensorFlow. */
export async function toTensorFlow(
  tf: TensorFlow,
  source: LayersModel,
): Promise<import('@tensorflow/tfjs-node').LayersModel> {
  const weights: LayersModel['weights'] = new Map(
    [...source.weights].map(([name, weight]) => [
      name,
      { shape: weight.shape, dtype: 'float32', data: weightValues(weight) },
    ]),
  );
  const { json, weights: bytes } = serialiseLayersModel({ ...source, weights });
  const weightData = new Uint8Array(bytes).buffer;
  return tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest.flatMap((group) => group.weights) as never,
      weightData,
    }),
  );
}

/** Pixels 0 … 255 → −1 … 1. */
function scaledPixels(tf: TensorFlow, { data, shape }: PixelsTensor): AnyTensor {
  return tf.tensor(data, shape, 'int32').toFloat().div(127.5).sub(1);
}

function toTensor(tf: TensorFlow, { data, shape }: FloatOrTokens): AnyTensor {
  return tf.tensor(data, shape, data instanceof Int32Array ? 'int32' : 'float32');
}

/** As likeliest-tokens.ts does it to the ONNX graph. */
function withLikeliestTokens(
  tf: TensorFlow,
  { logits, ...others }: Record<string, AnyTensor>,
  { count, also }: Record<string, Tensor>,
): Record<string, AnyTensor> {
  const { indices } = tf.topk(logits as AnyTensor, count?.data[0] as number);
  const candidates = tf.concat([indices, toTensor(tf, also as FloatOrTokens)], 1);
  const logProbs = tf.logSoftmax(logits as AnyTensor);
  return { candidates, log_probs: tf.gather(logProbs, candidates, 1, 1), ...others };
}

/** Layers want one number of rows everywhere; what belongs to the picture comes as a single row. */
function repeatSingleRows(tensors: AnyTensor[]): AnyTensor[] {
  const rows = Math.max(...tensors.map((tensor) => tensor.shape[0] as number));
  return tensors.map((tensor) =>
    tensor.shape[0] === rows ? tensor : tensor.tile([rows, ...tensor.shape.slice(1).map(() => 1)]),
  );
}

function hashOf(model: LayersModel): string {
  const { json, weights } = serialiseLayersModel(model);
  return sha256(Buffer.concat([Buffer.from(JSON.stringify(json)), weights]));
}
