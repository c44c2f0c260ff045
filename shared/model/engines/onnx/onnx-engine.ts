// The default engine: ONNX graphs, built in memory from the bundle's layers models, on ONNX Runtime.

import type { Tensor as OnnxTensor, InferenceSession as Session } from 'onnxruntime-node';
import { type BundlePart, sha256 } from '../../bundle.ts';
import { planConvolutions } from '../../layers-model/convolution-plan.ts';
import {
  type Engine,
  type EngineOptions,
  type Graph,
  type GraphSource,
  type Output,
  outputNames,
  type Precision,
  type Tensor,
} from '../engine.ts';
import { buildFloatEncoder, buildInt8Encoder } from './encoder-graph.ts';
import { buildLayersGraph } from './layers-graph.ts';
import { withLikeliestTokens } from './likeliest-tokens.ts';
import { type OnnxModel, serialiseOnnx } from './model.ts';
import * as Onnx from './runtime.ts';

export function createOnnxEngine({ threads }: EngineOptions): Engine {
  return {
    name: 'onnx',
    async loadGraph(bundle, part, precision, options) {
      const model = await buildGraph(bundle, part, precision);
      return createOnnxGraph(model, { threads, precision, ...options });
    },
  };
}

/** A graph that is ready to run. @param threads inside one operation @param exact as of `loadGraph` */
export async function createOnnxGraph(
  model: OnnxModel,
  {
    threads,
    precision,
    exact = false,
  }: { threads: number; precision: Precision; exact?: boolean | undefined },
): Promise<Graph> {
  const bytes = serialiseOnnx(model);
  const session = await Onnx.InferenceSession.create(bytes, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // Threads that spin while they wait are a little faster alone, and slow down every other
    // session and process on the same cores by far more.
    extra: {
      session: { intra_op: { allow_spinning: '0' }, x64quantprecision: exact ? '1' : '0' },
    },
  });
  return graphOf(session, sha256(bytes), precision);
}

/** The ONNX model that serves a part of a bundle. */
async function buildGraph(
  bundle: GraphSource,
  part: BundlePart,
  precision: Precision,
): Promise<OnnxModel> {
  const model = await bundle.loadModel(part);
  if (part !== 'encoder') {
    const names = outputNames(
      part,
      model.outputs.map(([layer]) => layer),
    );
    const graph = buildLayersGraph(model, names, precision);
    return part === 'decoder/step' ? withLikeliestTokens(graph) : graph;
  }
  const plan = planConvolutions(model);
  return precision === 'int8'
    ? buildInt8Encoder(plan, await bundle.loadActivationRanges())
    : buildFloatEncoder(plan);
}

function graphOf(session: Session, hash: string, precision: Precision): Graph {
  return {
    hash,
    precision,
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [name, toOnnx(value)]),
      );
      const results = await session.run(feeds);
      return Object.fromEntries(
        Object.entries(results).map(([name, value]) => [name, value.data as Output]),
      );
    },
    dispose: () => session.release(),
  };
}

function toOnnx({ data, shape }: Tensor): OnnxTensor {
  if (data instanceof Uint8Array) return new Onnx.Tensor('uint8', data, shape);
  if (data instanceof Int32Array) return new Onnx.Tensor('int32', data, shape);
  return new Onnx.Tensor('float32', data, shape);
}
