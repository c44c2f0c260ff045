// What every decoder can do, whatever its kind and engine: start from a picture, then word by word.

/** Plain data, so that a beam can be rearranged and engines compared. */
export interface DecoderState {
  /** What belongs to the picture; no step changes it. By name, without a row dimension. */
  readonly picture: Readonly<Record<string, Float32Array>>;
  /** The LSTM's state, `[rows, units]`. */
  readonly state: Float32Array;
  /** The LSTM's cell, `[rows, units]`. */
  readonly cell: Float32Array;
}

export interface DecoderStep {
  /** Token ids that may be next: the likeliest first, equal ones by their ids, then those asked for: `[rows, n]`. */
  candidates: Int32Array;
  /** Natural logarithms of their probabilities: `[rows, n]`. */
  logProbs: Float32Array;
  next: DecoderState;
  /** Where it looked: `[rows, 64]`, each row sums to 1. Only the attention decoder has it. */
  attention?: Float32Array;
}

/** Which candidates a step answers. */
export interface Wanted {
  /** Of the likeliest tokens, at most the vocabulary; default: 1. */
  count?: number;
  /** Token ids that are wanted whatever their probability; default: none. */
  also?: readonly number[];
}

export interface StepDecoder {
  readonly vocabularySize: number;
  readonly units: number;
  /** @param grid `[64, 2048]` @returns a state of one row */
  start(grid: Float32Array): Promise<DecoderState>;
  /** @param tokens the last token id of each row */
  step(state: DecoderState, tokens: Int32Array, wanted?: Wanted): Promise<DecoderStep>;
  dispose(): Promise<void>;
}

/** The state whose row i is row `rows[i]` of the given one: how a beam goes on. */
export function selectRows(from: DecoderState, rows: number[], units: number): DecoderState {
  return {
    picture: from.picture,
    state: gather(from.state, rows, units),
    cell: gather(from.cell, rows, units),
  };
}

/** Rows of a flat `[rows, width]` matrix. */
function gather(values: Float32Array, rows: number[], width: number): Float32Array {
  const result = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    result.set(values.subarray(row * width, (row + 1) * width), i * width);
  });
  return result;
}
