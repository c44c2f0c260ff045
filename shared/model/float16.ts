// IEEE 754 half precision, the form in which features travel and decoder weights are stored.
// (Float16Array exists from Node 24 on; this runs everywhere.)

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** One number → its half-precision bits, rounded to the nearest, ties to even. */
function halfBits(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x47800000) {
    // Too large, infinite or NaN.
    return magnitude > 0x7f800000 ? sign | 0x7e00 : sign | 0x7c00;
  }
  if (magnitude < 0x38800000) {
    // Subnormal in half precision: let float32 addition do the rounding (0.5 has ulp 2^-24).
    scratch[0] = Math.abs(value) + 0.5;
    return sign | ((scratchBits[0] as number) - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** Table of all 65,536 halves as floats, built on first use (256 kB): decoding is then one look-up. */
let table: Float32Array | undefined;

function halfTable(): Float32Array {
  if (table) return table;
  table = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >>> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) table[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return table;
}

/** float32 → float16 bits; same length. */
export function toFloat16Bits(values: ArrayLike<number>): Uint16Array {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) bits[i] = halfBits(values[i] as number);
  return bits;
}

/** float16 bits → float32; same length. */
export function fromFloat16Bits(bits: Uint16Array): Float32Array {
  const halves = halfTable();
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halves[bits[i] as number] as number;
  return values;
}
