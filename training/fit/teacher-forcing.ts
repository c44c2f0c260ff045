// Whole sequences at once with teacher forcing: every step sees the words that people wrote.
import type { CaptionBatch } from './batches.ts';
import type { Dropout, Network } from './network.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';
import type { Weights } from './weights.ts';

/**
 * Embedding, the words' share of the gates and the output layer are computed for all steps at once; only what
 * depends on the state runs step by step.
 * @param grids `[B, 64, 2048]`
 * @returns logits of the batch's targets, `[N, V]`
 */
export function sequenceLogits(
  tf: TensorFlow,
  {
    network,
    weights,
    batch,
    grids,
    dropout,
  }: {
    network: Network;
    weights: Weights;
    batch: Pick<CaptionBatch, 'active' | 'inputs'>;
    grids: Tensor;
    dropout: Dropout;
  },
): Tensor {
  const photos = grids.shape[0] as number;
  const started = network.start(weights, grids, dropout);
  const words = network.words(weights, tf.tensor1d(batch.inputs, 'int32'), dropout);
  const rowCounts = batch.active.map((captions) => captions * photos);
  const gateInputs = tf.split(network.gateInputs(weights, words), rowCounts, 0);

  const first = batch.active[0] ?? 0;
  let state = started.state.tile([first, 1]);
  let cell = started.cell.tile([first, 1]);
  const outputs: Tensor[] = [];
  batch.active.forEach((captions, step) => {
    const rows = rowCounts[step] as number;
    const result = network.step(weights, {
      pictures: started.pictures,
      captions,
      gateInputs: gateInputs[step] as Tensor,
      state: firstRows(state, rows),
      cell: firstRows(cell, rows),
    });
    outputs.push(result.output);
    ({ state, cell } = result);
  });
  return network.logits(weights, { outputs: tf.concat(outputs, 0), words }, dropout);
}

function firstRows(values: Tensor, rows: number): Tensor {
  return values.shape[0] === rows ? values : values.slice([0, 0], [rows, -1]);
}
