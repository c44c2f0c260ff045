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
import { gridOf } from '@caption-queue/model/features';
import { planConvolutions } from '@caption-queue/model/layers-model/convolution-plan';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import { createRangeMeter } from '../export/activation-ranges.ts';

/** Under this mean cosine to fp32 an int8 encoder changes what the captioner sees too much. */
export const INT8_MIN_AGREEMENT = 0.99;

export interface MeasuredEncoder {
  ranges: ActivationRanges;
  /** Cosine of the photos' pooled features, int8 to fp32. */
  agreement: { mean: number; least: number };
}

/**
 * @param photos pixels, 299 × 299 × 3 each; at least one
 * @param onProgress told how many runs are done; there are two for each photo
 */
export async function measureEncoder(
  encoder: LayersModel,
  {
    photos,
    threads,
    onProgress,
  }: { photos: Uint8Array[]; threads: number; onProgress: (done: number) => void },
): Promise<MeasuredEncoder> {
  const plan = planConvolutions(encoder);
  const names = plan.steps.filter(({ kind }) => kind === 'convolution').map(({ name }) => name);
  const meter = createRangeMeter();
  const inFloat: Float32Array[] = [];
  await runAll(withMaxima(buildFloatEncoder(plan), names), {
    photos,
    threads,
    onResult(result) {
      inFloat.push(pooledOf(result.grid as Float32Array));
      for (const name of names) meter.note(name, result[maximumOf(name)]?.[0] as number);
      onProgress(inFloat.length);
    },
  });
  const ranges = meter.ranges();
  const agreements: number[] = [];
  await runAll(buildInt8Encoder(plan, ranges), {
    photos,
    threads,
    onResult(outputs) {
      const expected = inFloat[agreements.length] as Float32Array;
      agreements.push(cosine(pooledOf(gridOf(outputs)), expected));
      onProgress(photos.length + agreements.length);
    },
  });
  const mean = agreements.reduce((sum, agreement) => sum + agreement, 0) / agreements.length;
  return { ranges, agreement: { mean, least: Math.min(...agreements) } };
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
  const graph = await createOnnxGraph(model, { threads, precision: 'int8', exact: true });
  for (const data of photos) {
    const outputs = await graph.run({ pixels: { data, shape: [1, IMAGE_SIZE, IMAGE_SIZE, 3] } });
    onResult(outputs as Record<string, Float32Array>);
  }
  await graph.dispose();
}
