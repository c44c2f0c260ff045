// The bundle's decoder (merge or attention) as a step decoder, on any engine.

import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import type { Bundle } from './bundle.ts';
import type { Engine, GraphSource, Precision, Tensor } from './engines/engine.ts';
import type { DecoderState, StepDecoder } from './generation/step-decoder.ts';

/** What a decoder is built from; it need not be a whole bundle yet. */
export type DecoderSource = GraphSource & Pick<Bundle, 'vocabulary'>;

/** @param precision of its weights; default: int8 on ONNX Runtime, else fp32 */
export async function createStepDecoder({
  engine,
  bundle,
  precision = engine.name === 'onnx' ? 'int8' : 'fp32',
}: {
  engine: Engine;
  bundle: DecoderSource;
  precision?: Precision;
}): Promise<StepDecoder & { readonly precision: Precision }> {
  const start = await engine.loadGraph(bundle, 'decoder/start', precision);
  const step = await engine.loadGraph(bundle, 'decoder/step', precision);
  const shapes = await inputShapes(bundle);
  const units = shapes.state?.[0] as number;
  const pictureInputs = Object.keys(shapes).filter(
    (name) => !['token', 'state', 'cell'].includes(name),
  );
  return {
    precision: step.precision,
    vocabularySize: bundle.vocabulary.size,
    units,
    async start(grid) {
      const made = await start.run({ grid: { data: grid, shape: [1, GRID_CELLS, FEATURE_SIZE] } });
      return {
        picture: Object.fromEntries(
          pictureInputs.map((name) => [name, made[name] as Float32Array]),
        ),
        // What `start` does not make begins as zeros.
        state: (made.state as Float32Array | undefined) ?? new Float32Array(units),
        cell: (made.cell as Float32Array | undefined) ?? new Float32Array(units),
      };
    },
    async step({ picture, state, cell }, tokens, { count = 1, also = [] } = {}) {
      const rows = tokens.length;
      const inputs: Record<string, Tensor> = {
        token: { data: tokens, shape: [rows, 1] },
        state: { data: state, shape: [rows, units] },
        cell: { data: cell, shape: [rows, units] },
        count: { data: Int32Array.of(count), shape: [1] },
        also: {
          data: Int32Array.from(
            { length: rows * also.length },
            (_, i) => also[i % also.length] as number,
          ),
          shape: [rows, also.length],
        },
      };
      for (const name of pictureInputs) {
        inputs[name] = {
          data: picture[name] as Float32Array,
          shape: [1, ...(shapes[name] as number[])],
        };
      }
      const told = await step.run(inputs);
      const next: DecoderState = {
        picture,
        state: told.next_state as Float32Array,
        cell: told.next_cell as Float32Array,
      };
      return {
        candidates: told.candidates as Int32Array,
        logProbs: told.log_probs as Float32Array,
        next,
        ...(told.attention && { attention: told.attention as Float32Array }),
      };
    },
    async dispose() {
      await start.dispose();
      await step.dispose();
    },
  };
}

/** Name of each input of a step → its shape without the rows. */
async function inputShapes(bundle: DecoderSource): Promise<Record<string, number[]>> {
  const { layers } = await bundle.loadModel('decoder/step');
  const inputs = layers.filter((layer) => layer.className === 'InputLayer');
  return Object.fromEntries(
    inputs.map(({ name, config }) => [name, (config.batch_input_shape as number[]).slice(1)]),
  );
}
