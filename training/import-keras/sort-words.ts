// Words have other ids in a bundle than in Keras: the rows and columns that belong to them move along.
import type { LayerPlan } from './captioner-layers.ts';
import type { CaptionerPlan } from './captioner-plan.ts';
import type { KerasTensor } from './keras-file.ts';

/** Of a word that the model does not have: its probability is 0 whatever the others'. */
const IMPOSSIBLE_LOGIT = -1e9;

/**
 * Changes `weights`, and the sizes in `plan`: the vocabulary has a word more where the model lacks one.
 * @param kerasIds of each token id the id that the model knows it by, if it does
 */
export function sortWords(
  plan: CaptionerPlan,
  weights: Map<string, KerasTensor>,
  kerasIds: (number | undefined)[],
): void {
  const of = (name: string) => weights.get(name) as KerasTensor;
  const { embedding, logits, layers } = plan;
  const configOf = (name: string) => (layers.get(name) as LayerPlan).layer.config;
  configOf(embedding).input_dim = kerasIds.length;
  configOf(logits).units = kerasIds.length;
  weights.set(`${embedding}/embeddings`, sortedRows(of(`${embedding}/embeddings`), kerasIds));
  weights.set(`${logits}/kernel`, sortedColumns(of(`${logits}/kernel`), { kerasIds, absent: 0 }));
  weights.set(
    `${logits}/bias`,
    sortedColumns(of(`${logits}/bias`), { kerasIds, absent: IMPOSSIBLE_LOGIT }),
  );
}

function sortedRows({ shape, data }: KerasTensor, kerasIds: (number | undefined)[]): KerasTensor {
  const width = shape[1] as number;
  const sorted = new Float32Array(kerasIds.length * width);
  kerasIds.forEach((id, i) => {
    if (id !== undefined) sorted.set(data.subarray(id * width, (id + 1) * width), i * width);
  });
  return { shape: [kerasIds.length, width], data: sorted };
}

function sortedColumns(
  { shape, data }: KerasTensor,
  { kerasIds, absent }: { kerasIds: (number | undefined)[]; absent: number },
): KerasTensor {
  const width = shape.at(-1) as number;
  const rows = data.length / width;
  const sorted = new Float32Array(rows * kerasIds.length);
  for (let row = 0; row < rows; row++) {
    kerasIds.forEach((id, i) => {
      const value = id === undefined ? absent : (data[row * width + id] as number);
      sorted[row * kerasIds.length + i] = value;
    });
  }
  return { shape: [...shape.slice(0, -1), kerasIds.length], data: sorted };
}
