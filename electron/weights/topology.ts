/** What a network is made of, as a JSON file of anyone's says it: nodes, and where each takes its input and its weights. */
import { z } from 'zod';
import { GroupNorm } from '../contract/separation.ts';
import { modelFault, quoted } from './errors.ts';
import { parseJson } from './json.ts';

export const MAX_TOPOLOGY_BYTES = 1024 * 1024;
const MAX_NODES = 4096;
const MAX_INPUTS = 64;
const MAX_CHANNELS = 65_536;
const MAX_STEPS = 65_536;
const JSON_LIMITS = { depth: 4, commas: MAX_NODES * 16 };
const HINT = 'See docs/development.md for what a topology may hold.';

/** Of the network; no node may be called so. */
const INPUT = 'input';

const layers = ['linear', 'conv1d', 'groupNorm', 'lstm', 'gru'] as const;
const activations = ['gelu', 'glu', 'relu', 'sigmoid', 'tanh'] as const;
const joins = ['add', 'multiply', 'concatenate'] as const;
const operations: readonly string[] = [...layers, ...activations, ...joins];

const nodeName = z.string().regex(/^[\w.-]{1,64}$/);
const one = { name: nodeName, inputs: z.tuple([nodeName]) };
/** Tensors are called `<weights>.weight`, `<weights>.bias`, `<weights>.weight_ih_l0` …, as PyTorch's state dicts have them. */
const weighted = { ...one, weights: z.string().regex(/^[\x21-\x7e]{1,200}$/) };
const whole = (least: number, most: number) => z.int().min(least).max(most);

const nodeSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('linear'), ...weighted }),
  z.strictObject({
    op: z.literal('conv1d'),
    ...weighted,
    stride: whole(1, MAX_STEPS).default(1),
    dilation: whole(1, MAX_STEPS).default(1),
    padding: whole(0, MAX_STEPS).default(0),
    isCausal: z.boolean().default(false),
  }),
  z.strictObject({ op: z.literal('groupNorm'), ...weighted, groups: whole(1, MAX_CHANNELS), algorithm: GroupNorm.default('welford') }),
  z.strictObject({ op: z.literal(['lstm', 'gru']), ...weighted }),
  z.strictObject({ op: z.literal(activations), ...one }),
  z.strictObject({ op: z.literal(joins), name: nodeName, inputs: z.array(nodeName).min(2).max(MAX_INPUTS) }),
]);
export type TopologyNode = z.infer<typeof nodeSchema>;

const topologySchema = z.strictObject({
  version: z.literal(1),
  /** Of the input. */
  channels: whole(1, MAX_CHANNELS),
  nodes: z.array(z.unknown()).min(1).max(MAX_NODES),
  /** The node that gives the result. */
  output: nodeName,
});

export interface Topology {
  channels: number;
  /** Each after those that it takes from; the last gives the result. */
  nodes: TopologyNode[];
}

/**
 * @param path for messages
 * @throws StemwrightError of code 'model': no such file format, unknown operations or names, cycles, nodes that nothing takes
 */
export function parseTopology(path: string, text: string): Topology {
  const topology = topologySchema.safeParse(parsed(path, text));
  if (!topology.success) {
    throw modelFault(path, `is no topology${at(topology.error)}`, HINT);
  }
  const { channels, nodes, output } = topology.data;
  const byName = new Map<string, TopologyNode>();
  for (const [index, value] of nodes.entries()) {
    const node = parseNode(path, index, value);
    if (node.name === INPUT || byName.has(node.name)) {
      throw modelFault(path, `the name ${quoted(node.name)} is taken already`, HINT);
    }
    byName.set(node.name, node);
  }
  return { channels, nodes: inOrder(path, byName, output) };
}

function parsed(path: string, text: string): unknown {
  try {
    return parseJson(text, JSON_LIMITS);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw modelFault(path, error.message, HINT);
    }
    throw error;
  }
}

/** Where it went wrong, without the text that went wrong. */
function at(error: z.ZodError): string {
  const where = error.issues[0]?.path.map(String).join('.') ?? '';
  return where === '' ? '' : `: look at ${quoted(where)}`;
}

function parseNode(path: string, index: number, value: unknown): TopologyNode {
  const op = z.object({ op: z.string() }).safeParse(value);
  if (op.success && !operations.includes(op.data.op)) {
    throw modelFault(path, `node ${index} has the unknown operation ${quoted(op.data.op)}`, `Known are ${operations.join(', ')}.`);
  }
  const node = nodeSchema.safeParse(value);
  if (!node.success) {
    throw modelFault(path, `node ${index} is malformed${at(node.error)}`, HINT);
  }
  return node.data;
}

/** By Kahn's algorithm, from the output's point of view: what it does not need is a mistake. */
function inOrder(path: string, byName: Map<string, TopologyNode>, output: string): TopologyNode[] {
  const needed = neededFor(path, byName, output);
  const unneeded = [...byName.keys()].find((name) => !needed.has(name));
  if (unneeded !== undefined) {
    throw modelFault(path, `nothing takes the result of node ${quoted(unneeded)}`, HINT);
  }
  const readers = new Map<string, TopologyNode[]>();
  const missing = new Map<TopologyNode, number>();
  for (const node of byName.values()) {
    const from = node.inputs.filter((input) => input !== INPUT);
    missing.set(node, from.length);
    for (const input of from) {
      readers.set(input, [...(readers.get(input) ?? []), node]);
    }
  }
  const order = [...byName.values()].filter((node) => missing.get(node) === 0);
  for (const { name } of order) {
    for (const reader of readers.get(name) ?? []) {
      const left = (missing.get(reader) ?? 0) - 1;
      missing.set(reader, left);
      if (left === 0) {
        order.push(reader);
      }
    }
  }
  const stuck = [...byName.values()].find((node) => missing.get(node) !== 0);
  if (stuck !== undefined) {
    throw modelFault(path, `node ${quoted(stuck.name)} takes part in a cycle, or waits for one`, HINT);
  }
  return order;
}

function neededFor(path: string, byName: Map<string, TopologyNode>, output: string): Set<string> {
  const needed = new Set([output]);
  for (const name of needed) {
    const node = byName.get(name);
    if (node === undefined) {
      throw modelFault(path, `there is no node ${quoted(name)}`, HINT);
    }
    for (const input of node.inputs.filter((each) => each !== INPUT)) {
      needed.add(input);
    }
  }
  return needed;
}
