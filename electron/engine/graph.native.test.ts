import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readNetwork } from '../weights/network.ts';
import { encodeSafetensors } from '../weights/testing-archives.ts';
import { openEngine } from './engine.ts';
import { reportPrecision } from './precision.ts';

const engine = openEngine();
const folder = await mkdtemp(join(tmpdir(), 'stemwright-graph-'));
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function noise(count: number, scale: number): Float32Array {
  let state = count;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return scale * (state / 2 ** 32 - 0.5);
  });
}

const tensor = (name: string, ...shape: number[]) => ({ name, shape, values: noise(shape.reduce((a, b) => a * b, 1), 0.7) });
const conv = tensor('conv.weight', 4, 1, 3);
const [inputs, hidden] = [tensor('lstm.weight_ih_l0', 32, 4), tensor('lstm.weight_hh_l0', 32, 8)];
const head = tensor('head.weight', 1, 8);
const nodes = [
  { name: 'sum', op: 'add', inputs: ['head', 'input'] },
  { name: 'head', op: 'linear', inputs: ['lstm'], weights: 'head' },
  { name: 'lstm', op: 'lstm', inputs: ['bent'], weights: 'lstm' },
  { name: 'bent', op: 'tanh', inputs: ['conv'] },
  { name: 'conv', op: 'conv1d', inputs: ['input'], weights: 'conv', dilation: 2, isCausal: true },
];

async function write(tensors = [conv, inputs, hidden, head]): Promise<[string, string]> {
  const paths: [string, string] = [join(folder, 'net.safetensors'), join(folder, 'net.json')];
  await writeFile(paths[0], encodeSafetensors(tensors, {}));
  await writeFile(paths[1], JSON.stringify({ version: 1, channels: 1, nodes, output: 'sum' }));
  return paths;
}

/** The same network in doubles. */
function reference(x: Float32Array): number[] {
  const at = (matrix: Float32Array, index: number) => matrix[index] ?? NaN;
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  let [h, c] = [new Array<number>(8).fill(0), new Array<number>(8).fill(0)];
  return Array.from(x, (value, t) => {
    const bent = [0, 1, 2, 3].map((o) => Math.tanh([0, 1, 2].reduce((sum, tap) => sum + at(conv.values, 3 * o + tap) * (x[t - 2 * (2 - tap)] ?? 0), 0)));
    const gate = (row: number) => bent.reduce((sum, v, i) => sum + v * at(inputs.values, 4 * row + i), 0) + h.reduce((sum, v, i) => sum + v * at(hidden.values, 8 * row + i), 0);
    c = c.map((cell, u) => sigmoid(gate(8 + u)) * cell + sigmoid(gate(u)) * Math.tanh(gate(16 + u)));
    h = c.map((cell, u) => sigmoid(gate(24 + u)) * Math.tanh(cell));
    return value + h.reduce((sum, v, i) => sum + v * at(head.values, i), 0);
  });
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a, (value, i) => Math.abs(value - (b[i] ?? NaN))).reduce((most, each) => Math.max(most, each), 0);

it('a network from files is what it says, in one piece and in many, with its state kept', async () => {
  const network = engine.compileGraph({ ...(await readNetwork(...(await write()))), steps: 64, threads: 1 });
  const x = noise(64, 2);
  network.prewarm(16);
  const whole = network.predict(x);
  expect(largestDifference(whole, reference(x))).toBeLessThan(2e-6);
  network.resetState();
  const pieces = [[0, 1], [1, 4], [4, 37], [37, 64]].flatMap(([from, to]) => [...network.predict(x.slice(from, to))]);
  expect(largestDifference(pieces, whole)).toBeLessThan(1e-6);
  expect([network.outputSteps, network.outputChannels]).toEqual([64, 1]);
  expect(network.releaseWorkspace()).toBe(true);
  expect(network.memoryUsage().workspaceBytes).toBe(0);
  const executor = network.createExecutor();
  expect(await executor.executeAsync(x)).toHaveLength(64);
  executor.dispose();
  network.dispose();
});

it('refuses layers that do not fit each other and weights that are no numbers, by the node’s name', async () => {
  const poisoned = { ...hidden, values: hidden.values.with(9, Number.NaN) };
  const graph = await readNetwork(...(await write([conv, inputs, poisoned, head])));
  const compile = (given = graph) => engine.compileGraph({ ...given, steps: 8, threads: 1 });
  expect(() => compile()).toThrow(expect.objectContaining({ code: 'model', message: 'lstm: recurrent layer: weight_hh_l0 holds values that are no numbers' }) as Error);
  const wide = await readNetwork(...(await write([tensor('conv.weight', 5, 1, 3), inputs, hidden, head])));
  expect(() => compile(wide)).toThrow(expect.objectContaining({ code: 'usage', message: 'lstm: lstm: takes 4 channels, not 5' }) as Error);
  expect(() => compile({ channels: 1, nodes: [{ name: 'a', inputs: ['b'], operation: { kind: 'tanh' } }] })).toThrow(expect.objectContaining({ code: 'usage' }) as Error);
  expect(() => compile({ channels: 2 ** 24, nodes: [{ name: 'a', inputs: ['input'], operation: { kind: 'tanh' } }] })).not.toThrow();
});

it.each([['fp16', 1e-3], ['bf16', 1e-2]] as const)('tells what %s weights save and cost', async (precision, most) => {
  const big = [conv, tensor('lstm.weight_ih_l0', 512, 4), tensor('lstm.weight_hh_l0', 512, 128), tensor('head.weight', 1, 128)];
  const graph = await readNetwork(...(await write(big)));
  const report = reportPrecision(engine, graph, precision, noise(64, 2));
  expect(report.weightBytes.kept).toBeLessThan(0.53 * report.weightBytes.fp32);
  expect(report.layers.map(({ name }) => name)).toEqual(['conv', 'lstm.weight_ih_l0', 'lstm.weight_hh_l0', 'head']);
  for (const { relative } of [...report.layers, report.output]) {
    expect(relative).toBeGreaterThan(0);
    expect(relative).toBeLessThan(most);
  }
});

it.runIf(process.platform !== 'darwin')('says that Core ML models run elsewhere', () => {
  expect(() => engine.openCoreMl({ path: '/models/amp.mlmodelc', threads: 1 })).toThrow(
    expect.objectContaining({ name: 'StemwrightError', code: 'model', message: '/models/amp.mlmodelc: Core ML models run on macOS 15 and later, not on this system' }) as Error,
  );
});
