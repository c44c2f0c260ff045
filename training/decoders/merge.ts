// The merge decoder: picture and words are encoded apart and added, as in the well-known tutorial.
// Tanti et al. 2017, "What is the Role of Recurrent Neural Networks in an Image Caption Generator?"
import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import { type DecoderTopology, input, layer, outputOf } from './topology.ts';

export interface MergeDecoderSizes {
  vocabularySize: number;
  embeddingSize: number;
  /** Of the LSTM's state, the picture's vector and the layer before the output. */
  units: number;
  /** Share of values dropped in training: of the features and of the words. */
  dropout: number;
}

/** `U` units, `V` vocabulary size. The LSTM starts from zeros: `start` gives it no state. */
export function mergeTopology(sizes: MergeDecoderSizes): DecoderTopology {
  return { start: startTopology(sizes), step: stepTopology(sizes) };
}

/** grid [64, 2048] → picture [U] */
function startTopology({ units, dropout }: MergeDecoderSizes): DecoderTopology['start'] {
  return {
    name: 'merge_start',
    layers: [
      input('grid', [GRID_CELLS, FEATURE_SIZE]),
      layer('GlobalAveragePooling1D', 'pooled', { from: ['grid'] }),
      layer('Dropout', 'pooled_dropout', { from: ['pooled'], rate: dropout }),
      layer('Dense', 'picture', { from: ['pooled_dropout'], units, activation: 'relu' }),
    ],
    inputs: [outputOf('grid')],
    outputs: [outputOf('picture')],
  };
}

/** token [1], picture [U], state [U], cell [U] → logits [V], state [U], cell [U] */
function stepTopology(sizes: MergeDecoderSizes): DecoderTopology['step'] {
  const { vocabularySize, embeddingSize, units, dropout } = sizes;
  return {
    name: 'merge_step',
    layers: [
      input('token', [1], 'int32'),
      input('picture', [units]),
      input('state', [units]),
      input('cell', [units]),
      layer('Embedding', 'words', {
        from: ['token'],
        input_dim: vocabularySize,
        output_dim: embeddingSize,
      }),
      layer('Dropout', 'word_dropout', { from: ['words'], rate: dropout }),
      layer('LSTM', 'lstm', {
        from: ['word_dropout', 'state', 'cell'],
        units,
        activation: 'tanh',
        recurrent_activation: 'sigmoid',
        unit_forget_bias: true,
        return_state: true,
      }),
      layer('Add', 'merged', { from: ['picture', outputOf('lstm')] }),
      layer('Dense', 'output', { from: ['merged'], units, activation: 'relu' }),
      layer('Dense', 'logits', { from: ['output'], units: vocabularySize }),
    ],
    inputs: ['token', 'picture', 'state', 'cell'].map((name) => outputOf(name)),
    outputs: [outputOf('logits'), outputOf('lstm', 1), outputOf('lstm', 2)],
  };
}
