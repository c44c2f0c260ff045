// The one place that loads @tensorflow/tfjs-node.
import { createRequire } from 'node:module';
import util from 'node:util';

export type TensorFlow = typeof import('@tensorflow/tfjs-node');

let loaded: TensorFlow | undefined;

/**
 * Loads TensorFlow on first use. `threads` counts for the first call only: TensorFlow reads it once.
 * @throws Error that says how to set it up when the native addon is not there
 */
export function loadTensorFlow(threads?: number): TensorFlow {
  if (loaded) return loaded;
  // tfjs-node 4.22 calls two functions that Node 23 removed.
  const legacy = util as unknown as Record<string, unknown>;
  legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  legacy.isArray ??= Array.isArray;
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  if (threads !== undefined) {
    process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
    process.env.TF_NUM_INTEROP_THREADS ??= '1';
  }
  try {
    // CommonJS: a dynamic import would look for named exports that only appear at run time.
    loaded = createRequire(import.meta.url)('@tensorflow/tfjs-node') as TensorFlow;
  } catch (cause) {
    throw new Error(
      'TensorFlow (the @tensorflow/tfjs-node addon) is not set up: run `npm run setup:tensorflow`. Serving with ENGINE=onnx works without it.',
      { cause },
    );
  }
  return loaded;
}
