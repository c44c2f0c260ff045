// The attention decoder: an LSTM that looks at the 64 cells of the feature grid before each word.
// Xu et al. 2015, "Show, Attend and Tell" (https://arxiv.org/abs/1502.03044): additive (soft) attention,
// start state from the mean of the grid, a gate on the context, a deep output layer.
import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import { type DecoderTopology, input, layer, outputOf } from './topology.ts';

export interface AttentionDecoderSizes {
  vocabularySize: number;
  /** Of a word's vector and of the layer before the output. */
  embeddingSize: number;
  /** Of the LSTM's state. */
  units: number;
  /** Of a grid cell after projection: what the attention averages. */
  annotationSize: number;
  /** Of the space in which cells and state are compared. */
  attentionSize: number;
  /** Share of values dropped in training: of the features, the words and the output layer. */
  dropout: number;
}

/** `P` annotation size, `A` attention size, `U` units, `E` embedding size, `V` vocabulary size. */
export function attentionTopology(sizes: AttentionDecoderSizes): DecoderTopology {
  return { start: startTopology(sizes), step: stepTopology(sizes) };
}

/** grid [64, 2048] → annotations [64, P], keys [64, A], state [U], cell [U] */
function startTopology(sizes: AttentionDecoderSizes): DecoderTopology['start'] {
  const { units, annotationSize, attentionSize, dropout } = sizes;
  return {
    name: 'attention_start',
    layers: [
      input('grid', [GRID_CELLS, FEATURE_SIZE]),
      layer('Dropout', 'grid_dropout', { from: ['grid'], rate: dropout }),
      layer('Dense', 'annotations', {
        from: ['grid_dropout'],
        units: annotationSize,
        activation: 'relu',
      }),
      layer('Dense', 'keys', { from: ['annotations'], units: attentionSize, use_bias: false }),
      layer('GlobalAveragePooling1D', 'pooled', { from: ['grid_dropout'] }),
      layer('Dense', 'state', { from: ['pooled'], units, activation: 'tanh' }),
      layer('Dense', 'cell', { from: ['pooled'], units, activation: 'tanh' }),
    ],
    inputs: [outputOf('grid')],
    outputs: ['annotations', 'keys', 'state', 'cell'].map((name) => outputOf(name)),
  };
}

/**
 * token [1], annotations [64, P], keys [64, A], state [U], cell [U]
 * → logits [V], state [U], cell [U], attention [64] (sums to 1)
 */
function stepTopology(sizes: AttentionDecoderSizes): DecoderTopology['step'] {
  const { vocabularySize, embeddingSize, units, annotationSize, attentionSize, dropout } = sizes;
  return {
    name: 'attention_step',
    layers: [
      input('token', [1], 'int32'),
      input('annotations', [GRID_CELLS, annotationSize]),
      input('keys', [GRID_CELLS, attentionSize]),
      input('state', [units]),
      input('cell', [units]),
      layer('Embedding', 'words', {
        from: ['token'],
        input_dim: vocabularySize,
        output_dim: embeddingSize,
      }),
      layer('Reshape', 'word', { from: ['words'], target_shape: [embeddingSize] }),
      layer('Dropout', 'word_dropout', { from: ['word'], rate: dropout }),
      // Where to look: softmax over cells of v · tanh(keys + W state).
      layer('Dense', 'query', { from: ['state'], units: attentionSize }),
      layer('RepeatVector', 'queries', { from: ['query'], n: GRID_CELLS }),
      layer('Add', 'match_sum', { from: ['keys', 'queries'] }),
      layer('Activation', 'match', { from: ['match_sum'], activation: 'tanh' }),
      layer('Dense', 'score', { from: ['match'], units: 1, use_bias: false }),
      layer('Reshape', 'scores', { from: ['score'], target_shape: [GRID_CELLS] }),
      layer('Activation', 'attention', { from: ['scores'], activation: 'softmax' }),
      layer('Dot', 'look', { from: ['attention', 'annotations'], axes: [1, 1] }),
      layer('Dense', 'gate', { from: ['state'], units: annotationSize, activation: 'sigmoid' }),
      layer('Multiply', 'context', { from: ['gate', 'look'] }),
      layer('Concatenate', 'lstm_values', { from: ['word_dropout', 'context'], axis: -1 }),
      layer('Reshape', 'lstm_input', {
        from: ['lstm_values'],
        target_shape: [1, embeddingSize + annotationSize],
      }),
      layer('LSTM', 'lstm', {
        from: ['lstm_input', 'state', 'cell'],
        units,
        activation: 'tanh',
        recurrent_activation: 'sigmoid',
        unit_forget_bias: true,
        return_state: true,
      }),
      // Deep output: the word follows from state, context and the word before.
      layer('Concatenate', 'output_values', { from: [outputOf('lstm'), 'context'], axis: -1 }),
      layer('Dense', 'output_sum', { from: ['output_values'], units: embeddingSize }),
      layer('Add', 'output_word', { from: ['output_sum', 'word_dropout'] }),
      layer('Activation', 'output', { from: ['output_word'], activation: 'tanh' }),
      layer('Dropout', 'output_dropout', { from: ['output'], rate: dropout }),
      layer('Dense', 'logits', { from: ['output_dropout'], units: vocabularySize }),
    ],
    inputs: ['token', 'annotations', 'keys', 'state', 'cell'].map((name) => outputOf(name)),
    outputs: [outputOf('logits'), outputOf('lstm', 1), outputOf('lstm', 2), outputOf('attention')],
  };
}
