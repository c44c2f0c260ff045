// Collects nodes and constants of an ONNX graph; every method answers the name of what it made.
import type { Attribute, Constant, OnnxModel, OnnxNode, ValueInfo } from './model.ts';

export interface GraphBuilder {
  /** Adds a node with one output. `name` must be unique; it becomes the output's name. */
  node(
    operator: string,
    inputs: string[],
    options: { name: string; attributes?: Record<string, Attribute>; domain?: string },
  ): string;
  constant(constant: Constant): string;
  /** A float32 constant. */
  floats(name: string, shape: number[], data: Float32Array): string;
  /** An int64 constant, as shapes and axes are given. */
  integers(name: string, values: number[]): string;
  finish(inputs: ValueInfo[], outputs: ValueInfo[]): OnnxModel;
}

export function createGraphBuilder(graphName: string): GraphBuilder {
  const nodes: OnnxNode[] = [];
  const constants: Constant[] = [];
  const builder: GraphBuilder = {
    node(operator, inputs, { name, attributes = {}, domain = '' }) {
      nodes.push({ operator, inputs, outputs: [name], attributes, domain });
      return name;
    },
    constant(constant) {
      constants.push(constant);
      return constant.name;
    },
    floats(name, shape, data) {
      return builder.constant({ name, type: 'float32', shape, data });
    },
    integers(name, values) {
      const data = BigInt64Array.from(values, BigInt);
      return builder.constant({ name, type: 'int64', shape: [values.length], data });
    },
    finish(inputs, outputs) {
      return { name: graphName, inputs, outputs, nodes, constants };
    },
  };
  return builder;
}
