// Activation ranges for the int8 graph of an imported encoder, from what its fp32 graph puts out for photos.

import { IMAGE_SIZE } from '@caption-queue/contract/bundle';
import type { ActivationRanges } from '@caption-queue/model/bundle';
import { cosine, pooledOf } from '@caption-queue/model/encoder';
import {
  buildFloatEncoder,
  buildInt8Encoder,
} from '@caption-queue/model/engines/onnx/encoder-graph';
import type { OnnxModel } from '@caption-queue/model/engines/onnx/model';
import { createOnnxGraph } from '@caption-queue/model/engines/onnx/onnx-engine';
import { planConvolutions } from '@caption-queue/model/layers-model/convolution-plan';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';

export interface Calibration {
  ranges: ActivationRanges;
  /** Cosine of each photo's pooled features, int8 to fp32. */
  agreements: number[];
}

/**
 * From 0, since every convolution ends in ReLU, to the greatest value seen.
 * @param photos pixels, 299 × 299 × 3 each
 * @param onProgress told how many runs are done; there are two for each photo
 */
export async function calibrateEncoder(
  encoder: LayersModel,
  {
    photos,
    threads,
    onProgress,
  }: { photos: Uint8Array[]; threads: number; onProgress: (done: number) => void },
): Promise<Calibration> {
  const plan = planConvolutions(encoder);
  const names = plan.steps.filter(({ kind }) => kind === 'convolution').map(({ name }) => name);
  const greatest = new Map(names.map((name) => [name, 0]));
  const inFloat: Float32Array[] = [];
  await runAll(withMaxima(buildFloatEncoder(plan), names), {
    photos,
    threads,
    onResult(result) {
      inFloat.push(pooledOf(result.grid as Float32Array));
      for (const name of names) {
        const value = result[maximumOf(name)]?.[0] as number;
        greatest.set(name, Math.max(greatest.get(name) as number, value));
      }
      onProgress(inFloat.length);
    },
  });
  const ranges = Object.fromEntries(
    // A convolution that never puts out anything keeps a scale that can be divided by.
    [...greatest].map(([name, value]) => [name, { scale: (value || 1) / 255, zeroPoint: 0 }]),
  );
  const agreements: number[] = [];
  await runAll(buildInt8Encoder(plan, ranges), {
    photos,
    threads,
    onResult({ grid }) {
      const expected = inFloat[agreements.length] as Float32Array;
      agreements.push(cosine(pooledOf(grid as Float32Array), expected));
      onProgress(photos.length + agreements.length);
    },
  });
  return { ranges, agreements };
}

/** The graph with the greatest value of each step as further outputs. */
function withMaxima(model: OnnxModel, names: string[]): OnnxModel {
  return {
    ...model,
    nodes: [
      ...model.nodes,
      ...names.map((name) => ({
        operator: 'ReduceMax',
        inputs: [name],
        outputs: [maximumOf(name)],
        attributes: { keepdims: 0 },
        domain: '',
      })),
    ],
    outputs: [
      ...model.outputs,
      ...names.map((name) => ({ name: maximumOf(name), type: 'float32' as const })),
    ],
  };
}

function maximumOf(name: string): string {
  return `${name}_maximum`;
}

async function runAll(
  model: OnnxModel,
  {
    photos,
    threads,
    onResult,
  }: {
    photos: Uint8Array[];
    threads: number;
    onResult: (outputs: Record<string, Float32Array>) => void;
  },
): Promise<void> {
  const graph = await createOnnxGraph(model, { threads, precision: 'fp32' });
  for (const data of photos) {
    onResult(await graph.run({ pixels: { data, shape: [1, IMAGE_SIZE, IMAGE_SIZE, 3] } }));
  }
  await graph.dispose();
}
