// Reads a Python pickle as plain data: dicts and objects become Maps, lists and tuples arrays.
// A pickle is a program for a small stack machine, and Python runs whatever function it names. Here
// nothing is ever run: names outside a short list end the reading, and those on it only make Maps.
// https://github.com/python/cpython/blob/main/Lib/pickletools.py describes each instruction.
import { createByteCursor } from './byte-cursor.ts';

/** A class or function that the pickle names. */
class PythonName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class PickleError extends Error {
  override name = 'PickleError';
}

type Stack = unknown[];

/**
 * @param isObjectClass whether a dotted name is a class whose instances may come, as Maps of their attributes
 * @throws PickleError at a name that is not allowed, or an instruction that plain data doesn't need
 */
export function readPickle(bytes: Buffer, isObjectClass: (name: string) => boolean): unknown {
  const from = createByteCursor(bytes);
  const memo = new Map<number, unknown>();
  const outer: Stack[] = [];
  let stack: Stack = [];

  const pop = () => {
    if (stack.length === 0) throw new PickleError('It is damaged: a value is missing.');
    return stack.pop();
  };
  const top = () => stack.at(-1);
  const push = (value: unknown) => void stack.push(value);
  /** What was pushed since the last mark. */
  const popMarked = () => {
    const marked = stack;
    const previous = outer.pop();
    if (!previous) throw new PickleError('It is damaged: a mark is missing.');
    stack = previous;
    return marked;
  };
  const nameOf = (module: unknown, name: unknown) => {
    const dotted = `${module}.${name}`;
    if (!makers.has(dotted) && !harmlessNames.has(dotted) && !isObjectClass(dotted)) {
      throw new PickleError(`It names ${dotted}, which is not allowed.`);
    }
    return new PythonName(dotted);
  };
  const make = (callable: unknown, values: unknown) => {
    if (!(callable instanceof PythonName)) throw new PickleError('It calls what is no function.');
    return (makers.get(callable.name) ?? (() => new Map()))(values as unknown[]);
  };

  const instructions: Record<string, () => void> = {
    // Frames and protocol numbers matter to streams only.
    '\x80': () => void from.uint8(),
    '\x95': () => void from.take(8),
    '(': () => {
      outer.push(stack);
      stack = [];
    },
    '0': () => void pop(),
    '1': () => void popMarked(),
    '2': () => push(top()),

    p: () => memo.set(Number(from.line()), top()),
    q: () => memo.set(from.uint8(), top()),
    r: () => memo.set(from.take(4).readUInt32LE(), top()),
    '\x94': () => memo.set(memo.size, top()),
    g: () => push(memo.get(Number(from.line()))),
    h: () => push(memo.get(from.uint8())),
    j: () => push(memo.get(from.take(4).readUInt32LE())),

    N: () => push(null),
    '\x88': () => push(true),
    '\x89': () => push(false),
    I: () => push(writtenInteger(from.line())),
    L: () => push(Number.parseInt(from.line(), 10)),
    F: () => push(Number(from.line())),
    J: () => push(from.take(4).readInt32LE()),
    K: () => push(from.uint8()),
    M: () => push(from.take(2).readUInt16LE()),
    '\x8a': () => push(storedInteger(from.take(from.uint8()))),
    G: () => push(from.take(8).readDoubleBE()),

    S: () => push(quotedText(from.line())),
    V: () => push(escapedText(from.line())),
    T: () => push(from.take(from.take(4).readUInt32LE()).toString()),
    U: () => push(from.take(from.uint8()).toString()),
    X: () => push(from.take(from.take(4).readUInt32LE()).toString()),
    '\x8c': () => push(from.take(from.uint8()).toString()),
    '\x8d': () => push(from.take(Number(from.take(8).readBigUInt64LE())).toString()),

    ')': () => push([]),
    ']': () => push([]),
    '}': () => push(new Map()),
    t: () => push(popMarked()),
    l: () => push(popMarked()),
    '\x85': () => push([pop()]),
    '\x86': () => push([pop(), pop()].reverse()),
    '\x87': () => push([pop(), pop(), pop()].reverse()),
    d: () => push(setItems(new Map(), popMarked())),
    a: () => appendItems(stack.at(-2), [pop()]),
    e: () => {
      const items = popMarked();
      appendItems(top(), items);
    },
    s: () => {
      const value = pop();
      const key = pop();
      setItems(top(), [key, value]);
    },
    u: () => {
      const items = popMarked();
      setItems(top(), items);
    },

    c: () => {
      const module = from.line();
      push(nameOf(module, from.line()));
    },
    '\x93': () => {
      const name = pop();
      push(nameOf(pop(), name));
    },
    R: () => {
      const values = pop();
      push(make(pop(), values));
    },
    '\x81': () => {
      const values = pop();
      push(make(pop(), values));
    },
    b: () => {
      const state = pop();
      if (state instanceof Map) setItems(top(), [...state].flat());
    },
  };

  try {
    for (;;) {
      const code = String.fromCharCode(from.uint8());
      if (code === '.') return pop();
      const instruction = instructions[code];
      if (!instruction) {
        throw new PickleError(
          `It has the instruction ${JSON.stringify(code)}, which plain data does not need.`,
        );
      }
      instruction();
    }
  } catch (error) {
    if (error instanceof RangeError) throw new PickleError(`It is damaged: ${error.message}`);
    throw error;
  }
}

/** What may be called, and what it makes. */
const makers = new Map<string, (values: unknown[]) => unknown>([
  // Python 2 gives an ordered dictionary its pairs at once, Python 3 sets them afterwards.
  ...['collections.OrderedDict', 'collections.defaultdict'].map(
    (name) =>
      [
        name,
        ([pairs]: unknown[]) => setItems(new Map(), Array.isArray(pairs) ? pairs.flat() : []),
      ] as const,
  ),
  ['copy_reg._reconstructor', () => new Map()],
  ['copyreg._reconstructor', () => new Map()],
]);

/** What may be named as a value: a default dictionary's type, an object's base class. */
const harmlessNames = new Set(
  ['builtins', '__builtin__'].flatMap((module) =>
    ['int', 'long', 'float', 'dict', 'list', 'object'].map((name) => `${module}.${name}`),
  ),
);

/** @param items keys and values in turn */
function setItems(target: unknown, items: unknown[]): unknown {
  if (!(target instanceof Map)) throw new PickleError('It sets a key of what is no dictionary.');
  for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  return target;
}

function appendItems(target: unknown, items: unknown[]): void {
  if (!Array.isArray(target)) throw new PickleError('It appends to what is no list.');
  for (const item of items) target.push(item);
}

/** Old protocols write True and False as numbers. */
function writtenInteger(line: string): number | boolean {
  if (line === '00' || line === '01') return line === '01';
  return Number(line);
}

/** Little-endian two's complement, of any length. */
function storedInteger(bytes: Buffer): number {
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  return Number(BigInt.asIntN(bytes.length * 8, value));
}

/** Python's `repr` of a byte string: UTF-8 with escapes. */
function quotedText(line: string): string {
  const bytes = line
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hexadecimal, other) =>
      hexadecimal
        ? String.fromCharCode(Number.parseInt(hexadecimal, 16))
        : (controls[other] ?? other),
    );
  return Buffer.from(bytes, 'latin1').toString();
}

const controls: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

/** Python's raw-unicode-escape: Latin-1 with `\u` and `\U`. */
function escapedText(line: string): string {
  return line.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short, long) =>
    String.fromCodePoint(Number.parseInt(short ?? long, 16)),
  );
}
