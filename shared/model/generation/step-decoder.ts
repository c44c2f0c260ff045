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
  /** Of each token, that it is the next: `[rows, vocabulary]`, natural logarithms. */
  logProbs: Float32Array;
  /** Token ids, the likeliest first, equal ones by their ids: `[rows, count]`. */
  likeliest: Int32Array;
  next: DecoderState;
  /** Where it looked: `[rows, 64]`, each row sums to 1. Only the attention decoder has it. */
  attention?: Float32Array;
}

export interface StepDecoder {
  readonly vocabularySize: number;
  readonly units: number;
  /** @param grid `[64, 2048]` @returns a state of one row */
  start(grid: Float32Array): Promise<DecoderState>;
  /**
   * @param tokens the last token id of each row
   * @param count how many of the likeliest tokens are wanted, at most the vocabulary; default: 1
   */
  step(state: DecoderState, tokens: Int32Array, count?: number): Promise<DecoderStep>;
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
