// What an inference engine can do: load a graph from a bundle, run it on typed arrays, let it go.
import type { Bundle, BundlePart } from '../bundle.ts';

export const engineNames = ['onnx', 'tfjs'] as const;
export type EngineName = (typeof engineNames)[number];

export type Precision = 'int8' | 'fp32';

export interface Tensor {
  data: Uint8Array | Int32Array | Float32Array;
  shape: number[];
}

export type Output = Uint8Array | Int32Array | Float32Array;

export interface Graph {
  /** Of the graph that really runs: features of different graphs are never mixed. */
  readonly hash: string;
  readonly precision: Precision;
  /**
   * Inputs and outputs by name (layers-graph.ts, encoder-graph.ts); a row dimension first. A decoder's step also takes
   * `count` and `also`, and answers `candidates` and their `log_probs` instead of `logits` (likeliest-tokens.ts). An
   * encoder answers its `grid`, or its `codes` and their `scale` (encoder-graph.ts).
   */
  run(inputs: Record<string, Tensor>): Promise<Record<string, Output>>;
  dispose(): Promise<void>;
}

/** What a graph is built from; training also has encoders that are in no bundle yet. */
export type GraphSource = Pick<Bundle, 'loadModel' | 'loadActivationRanges'>;

export interface Engine {
  readonly name: EngineName;
  /**
   * @param precision wanted; TensorFlow always computes in float32
   * @param options.exact in int8: sums of products are never clipped, on no CPU; half as slow again where they would be
   *   (x86 without VNNI), nothing elsewhere. Default: false
   */
  loadGraph(
    bundle: GraphSource,
    part: BundlePart,
    precision: Precision,
    options?: { exact?: boolean },
  ): Promise<Graph>;
}

export interface EngineOptions {
  /** Threads inside one operation. More than the cores that are free slows everything down. */
  threads: number;
}

/** Names of a part's outputs, in the order of its layers model. */
export function outputNames(part: BundlePart, layers: string[]): string[] {
  switch (part) {
    case 'encoder':
      return ['grid'];
    case 'decoder/step':
      return ['logits', 'next_state', 'next_cell', 'attention'].slice(0, layers.length);
    default:
      return layers;
  }
}
