// Named float32 tensors and some text in one file, in the safetensors format, which Python reads too.
// https://huggingface.co/docs/safetensors/index#format
import { open, readFile, rename } from 'node:fs/promises';
import { TrainingError } from '../failure.ts';

export interface NamedValues {
  shape: readonly number[];
  values: Float32Array;
}

export interface TensorFile {
  tensors: Map<string, NamedValues>;
  metadata: Record<string, string>;
}

interface HeaderEntry {
  dtype: string;
  shape: readonly number[];
  data_offsets: [number, number];
}

/** The header is padded to this, so that the data behind it is aligned. */
const ALIGNMENT = 8;
const LENGTH_BYTES = 8;

/** Replaces the file in one step: a reader, or a resumed run, never meets half of one. */
export async function writeTensorFile(
  path: string,
  { tensors, metadata }: TensorFile,
): Promise<void> {
  let offset = 0;
  const entries = [...tensors].map(([name, { shape, values }]): [string, HeaderEntry] => {
    const start = offset;
    offset += values.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [start, offset] }];
  });
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const jsonBytes = Buffer.byteLength(json);
  const padded = Math.ceil(jsonBytes / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(LENGTH_BYTES + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded));
  header.write(json, LENGTH_BYTES);

  const temporary = `${path}.${process.pid}`;
  const file = await open(temporary, 'w');
  try {
    await file.write(header);
    for (const { values } of tensors.values()) {
      await file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** @returns `undefined` when there is no such file @throws TrainingError when it is damaged */
export async function readTensorFile(path: string): Promise<TensorFile | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!bytes) return undefined;
  try {
    return parse(bytes);
  } catch (cause) {
    throw new TrainingError(`${path} is damaged; delete it and start again.`, { cause });
  }
}

function parse(bytes: Buffer): TensorFile {
  const dataStart = LENGTH_BYTES + Number(bytes.readBigUInt64LE());
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(
    bytes.toString('utf8', LENGTH_BYTES, dataStart),
  ) as Record<string, HeaderEntry> & { __metadata__?: Record<string, string> };
  const tensors = new Map<string, NamedValues>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const [start, end] = data_offsets;
    if (dtype !== 'F32' || dataStart + end > bytes.length) throw new RangeError(name);
    const copy = new Uint8Array(bytes.subarray(dataStart + start, dataStart + end));
    tensors.set(name, { shape, values: new Float32Array(copy.buffer) });
  }
  return { tensors, metadata };
}
