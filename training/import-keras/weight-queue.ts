// Hands out the weights of a Keras file, layer by layer, as Keras itself would load them.
import type { KerasFile, KerasLayerWeights } from './keras-file.ts';

export interface WeightQueue {
  /** The weights of the next layer of this class; layers must be asked for in loading order. */
  take(className: string): KerasLayerWeights | undefined;
  /** What nobody took. */
  rest(): KerasLayerWeights[];
}

export function createWeightQueue({ layers }: Pick<KerasFile, 'layers'>): WeightQueue {
  const left = [...layers];
  return {
    take(className) {
      const kind = kindOf(className);
      const index = left.findIndex((layer) => layer.kind === undefined || layer.kind === kind);
      return index < 0 ? undefined : left.splice(index, 1)[0];
    },
    rest: () => left,
  };
}

/** Keras's snake case: `BatchNormalization` → `batch_normalization`, `Conv2D` → `conv2d`, `LSTM` → `lstm`. */
function kindOf(className: string): string {
  return className
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
