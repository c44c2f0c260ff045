// Where the model looked: the picture darkens but for what a word was about.
const GRID = 8;
/** How dark the rest becomes, 0 to 255. */
const SHADE = 205;
const ROWS = ['top', 'middle', 'bottom'];
const COLUMNS = ['left', 'centre', 'right'];

/**
 * Numbers of which only proportions are shown need no more than a byte.
 *
 * @param {number[] | undefined} weights
 * @returns {Uint8Array | null} 64 of 0 to 255
 */
export function quantised(weights) {
  if (!weights) return null;
  const most = Math.max(...weights);
  return Uint8Array.from(weights, (weight) => Math.round((weight / most) * 255));
}

/** @param {HTMLCanvasElement} canvas 8 × 8 @param {Uint8Array} weights 64 of 0 to 255, row by row */
export function drawAttention(canvas, weights) {
  const image = new ImageData(GRID, GRID);
  for (const [i, weight] of weights.entries()) {
    // A gentle curve, so that second thoughts stay visible.
    image.data[i * 4 + 3] = SHADE * (1 - (weight / 255) ** 0.7);
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}

/** @param {Uint8Array} weights @returns {string} for who doesn't see it, like `top left` */
export function describeAttention(weights) {
  let sum = 0;
  let x = 0;
  let y = 0;
  for (const [i, weight] of weights.entries()) {
    sum += weight;
    x += weight * ((i % GRID) + 0.5);
    y += weight * (Math.floor(i / GRID) + 0.5);
  }
  const third = (/** @type {number} */ total) =>
    Math.min(2, Math.floor((3 * total) / (sum * GRID)));
  const row = ROWS[third(y)];
  const column = COLUMNS[third(x)];
  return row === 'middle' && column === 'centre' ? 'centre' : `${row} ${column}`;
}
