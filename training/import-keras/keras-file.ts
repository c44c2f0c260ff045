// Reads a Keras HDF5 file: the weights of its layers in order, and the architecture where it holds one.
// Three layouts: `save_weights('x.h5')` and what keras-applications publishes, `model.save('x.h5')`
// (the same below `model_weights`), and `save_weights('x.weights.h5')` of Keras 2.13 and newer.
import { open } from 'node:fs/promises';
import type { Dataset, Entity, File, Group } from 'h5wasm/node';
import { TrainingError } from '../failure.ts';

export interface KerasTensor {
  shape: number[];
  data: Float32Array;
}

export interface KerasLayerWeights {
  name: string;
  /** `conv2d`, `dense` …, in the layout that orders layers kind by kind; the others order all of them. */
  kind?: string;
  /** In Keras's order: of a convolution its kernel (and bias), of a normalisation beta, mean, variance. */
  tensors: KerasTensor[];
}

export interface KerasFile {
  path: string;
  /** Layers that have weights, in the order in which Keras loads them. */
  layers: KerasLayerWeights[];
  /** What `model.to_json()` gives; only a whole model has it. */
  architecture?: string;
}

const HDF5_SIGNATURE = '\x89HDF\r\n\x1a\n';
const ZIP_SIGNATURE = 'PK\x03\x04';

/** @throws TrainingError when the file is missing, no HDF5, damaged, or holds no Keras weights */
export async function readKerasFile(path: string): Promise<KerasFile> {
  await checkSignature(path);
  // On demand: no other command needs it.
  const { File, ready } = await import('h5wasm/node');
  (await ready).activate_throwing_error_handler();
  try {
    const file = new File(path, 'r');
    try {
      return contentsOf(file, path);
    } finally {
      file.close();
    }
  } catch (cause) {
    if (cause instanceof TrainingError) throw cause;
    throw new TrainingError(
      `${path} is damaged: its weights cannot be read. Copy or save it again.`,
      { cause },
    );
  }
}

async function checkSignature(path: string): Promise<void> {
  const file = await open(path).catch((cause) => {
    throw new TrainingError(`${path} cannot be opened; is that its name?`, { cause });
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HDF5_SIGNATURE.length));
    const start = buffer.toString('latin1', 0, bytesRead);
    if (start === HDF5_SIGNATURE) return;
    throw new TrainingError(
      start.startsWith(ZIP_SIGNATURE)
        ? `${path} is Keras's .keras format; load it in Keras and save it as HDF5: model.save('model.h5').`
        : `${path} is not an HDF5 file, which is what Keras writes as .h5 or .hdf5.`,
    );
  } catch (cause) {
    if (cause instanceof TrainingError) throw cause;
    throw new TrainingError(`${path} cannot be read; it must be a file.`, { cause });
  } finally {
    await file.close();
  }
}

function contentsOf(file: File, path: string): KerasFile {
  const nested = childOf(file, 'model_weights');
  const root = isGroup(nested) ? nested : file;
  const byKind = childOf(root, 'layers');
  const architecture = file.attrs.model_config?.value;
  const layers =
    'layer_names' in root.attrs || 'layer_names0' in root.attrs
      ? orderedLayers(root, path)
      : isGroup(byKind)
        ? layersByKind(byKind, path)
        : [];
  if (layers.length === 0) throw new TrainingError(`${path} holds no weights of a Keras model.`);
  return { path, layers, ...(typeof architecture === 'string' && { architecture }) };
}

function orderedLayers(root: Group, path: string): KerasLayerWeights[] {
  return stringsOf(root, 'layer_names')
    .map((name) => {
      const layer = childOf(root, name) as Group;
      const tensors = stringsOf(layer, 'weight_names').map((weight) =>
        tensorOf(childOf(layer, weight), `${name}/${weight}`, path),
      );
      return { name, tensors };
    })
    .filter(({ tensors }) => tensors.length > 0);
}

/** Groups `conv2d`, `conv2d_1` …, numbered anew in each file, with weights `vars/0`, `vars/1` …. */
function layersByKind(root: Group, path: string): KerasLayerWeights[] {
  const numbered = root.keys().map((name) => {
    const [, kind, number] = /^(.*?)(?:_(\d+))?$/.exec(name) as RegExpExecArray;
    return { name, kind: kind as string, number: Number(number ?? 0) };
  });
  return numbered
    .sort((a, b) => a.number - b.number)
    .map(({ name, kind }) => {
      const layer = childOf(root, name) as Group;
      // A recurrent layer keeps its weights in its cell.
      const cell = childOf(layer, 'cell');
      const variables = childOf(isGroup(cell) ? cell : layer, 'vars');
      const names = isGroup(variables) ? variables.keys() : [];
      const tensors = names
        .sort((a, b) => Number(a) - Number(b))
        .map((weight) => tensorOf(childOf(variables as Group, weight), `${name}/${weight}`, path));
      return { name, kind, tensors };
    })
    .filter(({ tensors }) => tensors.length > 0);
}

function isGroup(entity: Entity | null): entity is Group {
  return entity !== null && 'keys' in entity;
}

function isDataset(entity: Entity | null): entity is Dataset {
  return entity !== null && 'slice' in entity;
}

/** h5wasm fails on a name that is not there instead of answering so. */
function childOf(group: Group, name: string): Entity | null {
  const [first, ...rest] = name.split('/');
  if (!group.keys().includes(first as string)) return null;
  const child = group.get(first as string);
  return rest.length > 0 && isGroup(child) ? childOf(child, rest.join('/')) : child;
}

/** A list of names; Keras splits one that is too large for an attribute into `name0`, `name1` …. */
function stringsOf(group: Group, name: string): string[] {
  const { attrs } = group;
  const parts: unknown[] = [];
  if (attrs[name]) parts.push(attrs[name].value);
  for (let i = 0; attrs[`${name}${i}`]; i++) parts.push(attrs[`${name}${i}`]?.value);
  return parts.flatMap((part) => (Array.isArray(part) ? (part as string[]) : []));
}

function tensorOf(entity: Entity | null, name: string, path: string): KerasTensor {
  if (isDataset(entity)) {
    const { value, shape } = entity;
    if (shape && (value instanceof Float32Array || value instanceof Float64Array)) {
      return { shape, data: Float32Array.from(value) };
    }
  }
  throw new TrainingError(`The weight ${name} in ${path} is missing, or not of type float32.`);
}
