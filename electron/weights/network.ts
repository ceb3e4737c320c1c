/** A network from a safetensors file with its weights and a JSON file with its topology. */
import type { GraphNode, LayerSpec, NetworkGraph, TensorEntry, WeightPrecision } from '../contract/network.ts';
import { DAMAGED, modelFault, quoted } from './errors.ts';
import { decodeBf16, decodeF16 } from './float16.ts';
import { readSafetensors } from './safetensors.ts';
import { FileSource, MAX_READ_BYTES, type ByteSource } from './source.ts';
import { DTYPE_BYTES } from './tensors.ts';
import { MAX_TOPOLOGY_BYTES, parseTopology, type TopologyNode } from './topology.ts';

/** All weights of a network in float: 1 GiB. */
const MAX_VALUES = 2 ** 28;
const MAX_LAYERS = 64;

/**
 * Sizes of layers follow from the shapes of their tensors. Whether layers fit each other, and whether weights are numbers, the
 * engine looks at when it compiles the graph.
 * @param precision in which the engine keeps the weights; tensors may be of any
 * @throws StemwrightError of code 'model'
 */
export async function readNetwork(weightsPath: string, topologyPath: string, precision: WeightPrecision = 'fp32'): Promise<NetworkGraph> {
  const { channels, nodes } = parseTopology(topologyPath, await readTopology(topologyPath));
  const source = await FileSource.open(weightsPath);
  try {
    const { tensors } = await readSafetensors(source);
    const weights = new Weights(source, tensors);
    const graph: GraphNode[] = [];
    for (const node of nodes) {
      graph.push({ name: node.name, inputs: node.inputs, operation: await operationOf(node, weights, precision) });
    }
    return { channels, nodes: graph };
  } finally {
    await source.close();
  }
}

async function readTopology(path: string): Promise<string> {
  const source = await FileSource.open(path);
  try {
    if (source.size > MAX_TOPOLOGY_BYTES) {
      throw modelFault(path, `has ${source.size} bytes; a topology has at most ${MAX_TOPOLOGY_BYTES}`, 'Name the JSON file.');
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await source.read(0, source.size));
  } catch (error) {
    throw error instanceof TypeError ? modelFault(path, 'is not UTF-8', DAMAGED) : error;
  } finally {
    await source.close();
  }
}

/** Tensors by name. Values are read when they are asked for, and counted, as often as they are. */
class Weights {
  readonly #source: ByteSource;
  readonly #tensors: Map<string, TensorEntry>;
  #left = MAX_VALUES;

  constructor(source: ByteSource, tensors: readonly TensorEntry[]) {
    this.#source = source;
    this.#tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  entry(name: string, rank: number): TensorEntry {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      throw modelFault(this.#source.path, `holds no tensor ${quoted(name)}`, 'Check the names in the topology.');
    }
    if (tensor.shape.length !== rank || tensor.shape.includes(0)) {
      throw modelFault(this.#source.path, `tensor ${quoted(name)} has the shape [${tensor.shape.join(', ')}], where ${rank} positive sizes are needed`, DAMAGED);
    }
    return tensor;
  }

  async values(name: string, rank: number): Promise<Float32Array> {
    const tensor = this.entry(name, rank);
    this.#left -= tensor.byteLength / DTYPE_BYTES[tensor.dtype];
    if (this.#left < 0) {
      throw modelFault(this.#source.path, `holds more than ${MAX_VALUES} weights of this network`, 'Use a smaller network.');
    }
    return readFloats(this.#source, tensor);
  }

  async optional(name: string, rank: number): Promise<Float32Array | null> {
    return this.has(name) ? this.values(name, rank) : null;
  }
}

async function readFloats(source: ByteSource, { dtype, offset, byteLength }: TensorEntry): Promise<Float32Array> {
  const size = DTYPE_BYTES[dtype];
  const values = new Float32Array(byteLength / size);
  for (let done = 0; done < byteLength; done += MAX_READ_BYTES) {
    const bytes = await source.read(offset + done, Math.min(MAX_READ_BYTES, byteLength - done));
    for (let at = 0, to = done / size; at < bytes.length; at += size, to++) {
      values[to] = dtype === 'F32' ? bytes.readFloatLE(at) : (dtype === 'F16' ? decodeF16 : decodeBf16)(bytes.readUInt16LE(at));
    }
  }
  return values;
}

async function operationOf(node: TopologyNode, weights: Weights, precision: WeightPrecision): Promise<GraphNode['operation']> {
  switch (node.op) {
    case 'linear': {
      const [out = 0, input = 0] = weights.entry(`${node.weights}.weight`, 2).shape;
      return { kind: 'linear', in: input, out, ...(await affineOf(node.weights, 2, weights)), precision };
    }
    case 'conv1d': {
      const [out = 0, input = 0, kernel = 0] = weights.entry(`${node.weights}.weight`, 3).shape;
      const { stride, dilation, padding, isCausal } = node;
      return { kind: 'conv1d', in: input, out, kernel, stride, dilation, padding, isCausal, ...(await affineOf(node.weights, 3, weights)), precision };
    }
    case 'groupNorm':
      return {
        ...{ kind: 'groupNorm', groups: node.groups, algorithm: node.algorithm },
        ...{ weight: await weights.values(`${node.weights}.weight`, 1), bias: await weights.values(`${node.weights}.bias`, 1) },
      };
    case 'lstm':
    case 'gru':
      return recurrentOf(node.op, node.weights, weights, precision);
    case 'gelu':
    case 'glu':
    case 'relu':
    case 'sigmoid':
    case 'tanh':
      return { kind: node.op };
    case 'add':
    case 'multiply':
    case 'concatenate':
      return { kind: node.op };
  }
}

async function affineOf(prefix: string, rank: number, weights: Weights): Promise<{ weight: Float32Array; bias: Float32Array | null }> {
  return { weight: await weights.values(`${prefix}.weight`, rank), bias: await weights.optional(`${prefix}.bias`, 1) };
}

async function recurrentOf(kind: 'lstm' | 'gru', prefix: string, weights: Weights, precision: WeightPrecision): Promise<LayerSpec> {
  const [, inputSize = 0] = weights.entry(`${prefix}.weight_ih_l0`, 2).shape;
  const [, hiddenSize = 0] = weights.entry(`${prefix}.weight_hh_l0`, 2).shape;
  const isBidirectional = weights.has(`${prefix}.weight_ih_l0_reverse`);
  const parameters: Record<string, Float32Array> = {};
  let layers = 0;
  for (; layers < MAX_LAYERS && weights.has(`${prefix}.weight_ih_l${layers}`); layers++) {
    for (const direction of isBidirectional ? ['', '_reverse'] : ['']) {
      for (const [name, rank] of [['weight_ih', 2], ['weight_hh', 2], ['bias_ih', 1], ['bias_hh', 1]] as const) {
        const key = `${name}_l${layers}${direction}`;
        if (rank === 2 || weights.has(`${prefix}.${key}`)) {
          parameters[key] = await weights.values(`${prefix}.${key}`, rank);
        }
      }
    }
  }
  return { kind, inputSize, hiddenSize, layers, isBidirectional, parameters, precision };
}
