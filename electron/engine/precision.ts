import type { GraphNode, NetworkGraph, WeightPrecision } from '../contract/network.ts';
import type { Engine } from './engine.ts';

/** What keeping a network's weights in 16 bits changes. */
export interface PrecisionReport {
  weightBytes: { fp32: number; kept: number };
  /** Of each layer's weights; `relative`: RMS of the error over RMS of the weights. */
  layers: { name: string; relative: number; largest: number }[];
  /** Of the result for the input that was given, from a state of zeros. */
  output: { relative: number; largest: number };
}

/** The same network with all weights kept in that precision; what has none is as it was. */
function withPrecision(graph: NetworkGraph, precision: WeightPrecision): NetworkGraph {
  const nodes = graph.nodes.map((node): GraphNode => {
    const { operation } = node;
    return 'weight' in operation && operation.kind !== 'groupNorm' || 'parameters' in operation ? { ...node, operation: { ...operation, precision } } : node;
  });
  return { ...graph, nodes };
}

/**
 * Compiles the network twice, in float and with weights in 16 bits, and runs both.
 * @param input [steps, channels], best of the sound that it is meant for
 * @throws StemwrightError of code 'model' where a weight is too large for 16 bits
 */
export function reportPrecision(engine: Engine, graph: NetworkGraph, precision: 'bf16' | 'fp16', input: Float32Array): PrecisionReport {
  const run = (kept: WeightPrecision) => {
    const network = engine.compileGraph({ ...withPrecision(graph, kept), steps: Math.floor(input.length / graph.channels), threads: 1 });
    try {
      return { output: network.predict(input), bytes: network.memoryUsage().weightBytes };
    } finally {
      network.dispose();
    }
  };
  const [full, kept] = [run('fp32'), run(precision)];
  const layers = graph.nodes.flatMap(({ name, operation }) =>
    weightsOf(operation).map(({ suffix, values }) => {
      const { relative, largest } = engine.halfError(values, precision);
      return { name: `${name}${suffix}`, relative, largest };
    }),
  );
  return { weightBytes: { fp32: full.bytes, kept: kept.bytes }, layers, output: difference(full.output, kept.output) };
}

function weightsOf(operation: GraphNode['operation']): { suffix: string; values: Float32Array }[] {
  if ('parameters' in operation) {
    return Object.entries(operation.parameters).filter(([name]) => name.startsWith('weight')).map(([name, values]) => ({ suffix: `.${name}`, values }));
  }
  return operation.kind === 'linear' || operation.kind === 'conv1d' ? [{ suffix: '', values: operation.weight }] : [];
}

function difference(exact: Float32Array, kept: Float32Array): { relative: number; largest: number } {
  let [errors, squares, largest] = [0, 0, 0];
  for (const [i, value] of exact.entries()) {
    const error = (kept[i] ?? 0) - value;
    errors += error ** 2;
    squares += value ** 2;
    largest = Math.max(largest, Math.abs(error));
  }
  return { relative: squares === 0 ? 0 : Math.sqrt(errors / squares), largest };
}
