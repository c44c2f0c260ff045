// An ONNX model as plain data, and its serialisation (the parts of onnx.proto that this project needs).
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
import { PbfWriter } from 'pbf';

/** Element types and their numbers in TensorProto.DataType. */
const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;
export type ElementType = keyof typeof elementTypes;

export interface Constant {
  name: string;
  type: ElementType;
  shape: number[];
  data: Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;
}

export type Attribute = number | number[] | string | { float: number };

export interface OnnxNode {
  operator: string;
  inputs: string[];
  outputs: string[];
  attributes: Record<string, Attribute>;
  /** Empty for ONNX's own operators. */
  domain: string;
}

/** A graph's input or output. A dimension that is a string may be of any size; no shape: any. */
export interface ValueInfo {
  name: string;
  type: ElementType;
  shape?: (number | string)[];
}

export interface OnnxModel {
  name: string;
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  nodes: OnnxNode[];
  constants: Constant[];
}

const IR_VERSION = 8;
const OPSET_VERSION = 17;

/** The model as the bytes of an `.onnx` file. */
export function serialiseOnnx(model: OnnxModel): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, 'caption-queue');
  pbf.writeMessage(7, writeGraph, model);
  pbf.writeMessage(8, writeOpset, { domain: '', version: OPSET_VERSION });
  pbf.writeMessage(8, writeOpset, { domain: 'com.microsoft', version: 1 });
  return pbf.finish();
}

function writeOpset(opset: { domain: string; version: number }, pbf: PbfWriter): void {
  pbf.writeStringField(1, opset.domain);
  pbf.writeVarintField(2, opset.version);
}

function writeGraph(model: OnnxModel, pbf: PbfWriter): void {
  for (const node of model.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, model.name);
  for (const constant of model.constants) pbf.writeMessage(5, writeTensor, constant);
  for (const input of model.inputs) pbf.writeMessage(11, writeValueInfo, input);
  for (const output of model.outputs) pbf.writeMessage(12, writeValueInfo, output);
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  for (const output of node.outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(3, node.outputs[0] as string);
  pbf.writeStringField(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes)) {
    pbf.writeMessage(5, writeAttribute, { name, value });
  }
  if (node.domain) pbf.writeStringField(7, node.domain);
}

function writeAttribute({ name, value }: { name: string; value: Attribute }, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value);
    pbf.writeVarintField(20, 2);
  } else if (typeof value === 'string') {
    pbf.writeStringField(4, value);
    pbf.writeVarintField(20, 3);
  } else if (Array.isArray(value)) {
    for (const item of value) pbf.writeVarintField(8, item);
    pbf.writeVarintField(20, 7);
  } else {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, 1);
  }
}

function writeTensor(constant: Constant, pbf: PbfWriter): void {
  for (const size of constant.shape) pbf.writeVarintField(1, size);
  pbf.writeVarintField(2, elementTypes[constant.type]);
  pbf.writeStringField(8, constant.name);
  const { data } = constant;
  pbf.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValueInfo(info: ValueInfo, pbf: PbfWriter): void {
  pbf.writeStringField(1, info.name);
  pbf.writeMessage(2, writeType, info);
}

function writeType(info: ValueInfo, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, info);
}

function writeTensorType(info: ValueInfo, pbf: PbfWriter): void {
  pbf.writeVarintField(1, elementTypes[info.type]);
  if (info.shape) pbf.writeMessage(2, writeShape, info.shape);
}

function writeShape(shape: (number | string)[], pbf: PbfWriter): void {
  for (const size of shape) pbf.writeMessage(1, writeDimension, size);
}

function writeDimension(size: number | string, pbf: PbfWriter): void {
  if (typeof size === 'number') pbf.writeVarintField(1, size);
  else pbf.writeStringField(2, size);
}
