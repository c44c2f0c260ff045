// Pictures with nothing to see: one colour, gradients, noise, soft texture, lines, tracking pixels.
import sharp from 'sharp';

/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {[red: number, green: number, blue: number]} Colour */
/** @typedef {(x: number, y: number) => Colour} Shade x and y from 0 to 1 */

/** @type {Record<string, (random: Random) => Shade>} */
const TRAINED = {
  colour: (random) => {
    const colour = drawColour(random);
    return () => colour;
  },
  gradient: (random) => {
    const [from, to] = [
      drawColour(random),
      random.chance(0.5) ? near(random, drawColour(random)) : drawColour(random),
    ];
    const angle = random.next() * Math.PI;
    return (x, y) => mix(from, to, 0.5 + (x - 0.5) * Math.cos(angle) + (y - 0.5) * Math.sin(angle));
  },
  radial: (random) => {
    const [from, to] = [drawColour(random), drawColour(random)];
    const [left, top, reach] = [random.next(), random.next(), 0.4 + random.next()];
    return (x, y) => mix(from, to, Math.hypot(x - left, y - top) / reach);
  },
  noise: (random) => {
    const base = drawColour(random);
    const strength = random.pick([4, 8, 16, 40, 90, 200]);
    const grey = random.chance(0.5);
    return () => {
      const amount = (random.next() - 0.5) * strength;
      return grey
        ? shift(base, amount, amount, amount)
        : shift(base, amount, (random.next() - 0.5) * strength, (random.next() - 0.5) * strength);
    };
  },
  clouds: (random) => {
    const [from, to] = [
      drawColour(random),
      random.chance(0.6) ? near(random, drawColour(random)) : drawColour(random),
    ];
    const field = smoothField(random, random.int(2, 9));
    return (x, y) => mix(from, to, field(x, y));
  },
  paper: (random) => {
    const base = /** @type {Colour} */ (random.times(3, () => random.int(205, 250)));
    const field = smoothField(random, random.int(3, 20));
    const grain = random.int(3, 14);
    return (x, y) => {
      const amount = (field(x, y) - 0.5) * 20 + (random.next() - 0.5) * grain;
      return shift(base, amount, amount, amount);
    };
  },
  edge: (random) => {
    const [base, line] = [drawColour(random), drawColour(random)];
    const at = random.next();
    const width = 0.004 + random.next() * 0.02;
    const upright = random.chance(0.5);
    return (x, y) => (Math.abs((upright ? x : y) - at) < width ? line : base);
  },
};

/** @type {Record<string, (random: Random) => Shade>} */
const HELD_OUT = {
  night: (random) => {
    const strength = random.int(6, 30);
    return () => /** @type {Colour} */ (random.times(3, () => random.next() ** 3 * strength));
  },
  fourColours: (random) => {
    const [a, b, c, d] = [
      drawColour(random),
      drawColour(random),
      drawColour(random),
      drawColour(random),
    ];
    return (x, y) => mix(mix(a, b, x), mix(c, d, x), y);
  },
  halves: (random) => {
    const [a, b] = [drawColour(random), drawColour(random)];
    const at = 0.2 + random.next() * 0.6;
    return (_, y) => (y < at ? a : b);
  },
  vignette: (random) => {
    const base = drawColour(random);
    return (x, y) => mix(base, [0, 0, 0], Math.hypot(x - 0.5, y - 0.5) ** 2 * 1.4);
  },
  weave: (random) => {
    const base = drawColour(random);
    const [across, along, depth] = [random.int(60, 140), random.int(60, 140), random.int(3, 12)];
    return (x, y) => {
      const amount =
        Math.sin(x * across) * Math.sin(y * along) * depth + (random.next() - 0.5) * depth;
      return shift(base, amount, amount, amount);
    };
  },
  plain: (random) => {
    const colour = drawColour(random);
    return () => colour;
  },
};

/**
 * @param {Random} random
 * @param {{ split: string }} options
 * @returns {Promise<{ data: Buffer, extension: string }>}
 */
export async function drawBlank(random, { split }) {
  const shade = random.pick(Object.values(split === 'train' ? TRAINED : HELD_OUT))(random);
  const [width, height] = drawSize(random);
  const pixels = Buffer.alloc(width * height * 3);
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (const value of shade(column / width, row / height)) {
        pixels[at++] = Math.min(255, Math.max(0, Math.round(value)));
      }
    }
  }
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  if (random.chance(0.3)) image.blur(0.5 + random.next() * 4);
  if (random.chance(0.05)) {
    const empty = { width, height, channels: /** @type {4} */ (4), background: '#0000' };
    return { data: await sharp({ create: empty }).png().toBuffer(), extension: 'png' };
  }
  if (random.chance(0.4)) {
    return { data: await image.jpeg({ quality: random.int(40, 92) }).toBuffer(), extension: 'jpg' };
  }
  const png = await image.png().toBuffer();
  if (png.length < 150_000) return { data: png, extension: 'png' };
  return { data: await sharp(png).webp({ quality: 92 }).toBuffer(), extension: 'webp' };
}

/** @param {Random} random @returns {[width: number, height: number]} */
function drawSize(random) {
  const long = random.pick([1, 2, 8, 16, 32, 64, 120, 200, 300, 300, 400, 400]);
  if (random.chance(0.15))
    return random.chance(0.5) ? [long * 4, random.int(1, 6)] : [random.int(1, 6), long];
  return [long, Math.max(1, Math.round(long * random.pick([1, 1, 0.75, 0.66, 1.33, 0.3])))];
}

/** @param {Random} random @returns {Colour} white, black and greys more often than the others */
function drawColour(random) {
  if (random.chance(0.15)) return [255, 255, 255];
  if (random.chance(0.08)) return [0, 0, 0];
  if (random.chance(0.25)) {
    const grey = random.int(0, 255);
    return [grey, grey, grey];
  }
  return [random.int(0, 255), random.int(0, 255), random.int(0, 255)];
}

/** @param {Random} random @param {Colour} colour @returns {Colour} */
function near(random, colour) {
  return shift(colour, random.int(-40, 40), random.int(-40, 40), random.int(-40, 40));
}

/** @param {Colour} from @param {Colour} to @param {number} share @returns {Colour} */
function mix(from, to, share) {
  const part = Math.min(1, Math.max(0, share));
  const one = (/** @type {0 | 1 | 2} */ index) => from[index] + (to[index] - from[index]) * part;
  return [one(0), one(1), one(2)];
}

/** @param {Colour} colour @param {number} red @param {number} green @param {number} blue @returns {Colour} */
function shift(colour, red, green, blue) {
  return [colour[0] + red, colour[1] + green, colour[2] + blue];
}

/**
 * Random values on a grid, with smooth steps between them.
 * @param {Random} random
 * @param {number} cells a side
 * @returns {(x: number, y: number) => number} from 0 to 1
 */
function smoothField(random, cells) {
  const side = cells + 2;
  const values = random.times(side * side, () => random.next());
  const at = (/** @type {number} */ column, /** @type {number} */ row) =>
    values[row * side + column] ?? 0;
  const ease = (/** @type {number} */ t) => t * t * (3 - 2 * t);
  return (x, y) => {
    const [left, top] = [Math.floor(x * cells), Math.floor(y * cells)];
    const [u, v] = [ease(x * cells - left), ease(y * cells - top)];
    const upper = at(left, top) * (1 - u) + at(left + 1, top) * u;
    const lower = at(left, top + 1) * (1 - u) + at(left + 1, top + 1) * u;
    return upper * (1 - v) + lower * v;
  };
}
