// ONNX Runtime on one LSTM layer: `node onnx-lstm.mjs MODULES WEIGHTS UNITS`. WEIGHTS holds f32le of PyTorch's weight_ih, weight_hh,
// bias_ih and bias_hh, one after the other. Writes the result of its first step to WEIGHTS.out, says `ready <version>`, then for each
// line with a number of steps the seconds of one call of so many, the median of some. State goes from call to call.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * What is used of onnxruntime-node, which is no dependency.
 * @typedef {{ data: Float32Array }} Tensor
 * @typedef {object} Runtime
 * @property {new (type: 'float32', data: Float32Array, dims: number[]) => Tensor} Tensor
 * @property {{ create: (graph: Uint8Array, options: { intraOpNumThreads: number }) => Promise<{ run: (feeds: Record<string, Tensor>) => Promise<Record<string, Tensor>> }> }} InferenceSession
 */

const [modules = '', weightFile = '', units = '256'] = process.argv.slice(2);
const size = Number(units);
/** @type {(name: string) => unknown} */
const load = createRequire(join(modules, 'package.json'));
const runtime = /** @type {Runtime} */ (load('onnxruntime-node'));
const version = /"version": *"([^"]+)"/.exec(readFileSync(join(modules, 'node_modules', 'onnxruntime-node', 'package.json'), 'utf8'))?.[1] ?? 'unknown';

/** Protocol buffers, as far as a graph needs them. @param {number} value @returns {Buffer} */
const varint = (value) => (value < 128 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value & 127) | 128]), varint(Math.floor(value / 128))]));
/** @param {number} field @param {number} value */
const whole = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);
/** @param {number} field @param {(Buffer | string)[]} parts */
const block = (field, ...parts) => {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
};
const float32 = 1;
/** @param {string} name @param {number[]} dims @param {Float32Array} data */
const constant = (name, dims, data) => block(5, ...dims.map((dim) => whole(1, dim)), whole(2, float32), block(8, name), block(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
/** @param {number} field @param {string} name @param {(number | string)[]} dims */
const value = (field, name, dims) => block(field, block(1, name), block(2, block(1, whole(1, float32), block(2, ...dims.map((dim) => block(1, typeof dim === 'number' ? whole(1, dim) : block(2, dim)))))));

/** PyTorch has the gates as i, f, g, o; ONNX as i, o, f, g. @param {Float32Array} rows @param {number} width */
const gates = (rows, width) => {
  const part = size * width;
  return Float32Array.from([0, 3, 1, 2].flatMap((gate) => [...rows.subarray(gate * part, (gate + 1) * part)]));
};
const bytes = readFileSync(weightFile);
const weights = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const matrix = 4 * size * size;
const bias = Float32Array.from([...gates(weights.subarray(2 * matrix, 2 * matrix + 4 * size), 1), ...gates(weights.subarray(2 * matrix + 4 * size), 1)]);
const node = block(1, ...['x', 'w', 'r', 'b', '', 'h0', 'c0'].map((name) => block(1, name)), ...['y', 'h', 'c'].map((name) => block(2, name)), block(4, 'LSTM'), block(5, block(1, 'hidden_size'), whole(3, size), whole(20, 2)));
const state = [1, 1, size];
const graph = block(
  7,
  ...[node, block(2, 'lstm')],
  ...[constant('w', [1, 4 * size, size], gates(weights.subarray(0, matrix), size)), constant('r', [1, 4 * size, size], gates(weights.subarray(matrix, 2 * matrix), size)), constant('b', [1, 8 * size], bias)],
  ...[value(11, 'x', ['steps', 1, size]), value(11, 'h0', state), value(11, 'c0', state)],
  ...[value(12, 'y', ['steps', 1, 1, size]), value(12, 'h', state), value(12, 'c', state)],
);
const session = await runtime.InferenceSession.create(Buffer.concat([whole(1, 8), graph, block(8, block(1, ''), whole(2, 14))]), { intraOpNumThreads: 1 });

let [hidden, cell] = [new runtime.Tensor('float32', new Float32Array(size), state), new runtime.Tensor('float32', new Float32Array(size), state)];
/** @param {Tensor} x */
const step = async (x) => {
  const { y, h, c } = await session.run({ x, h0: hidden, c0: cell });
  if (y === undefined || h === undefined || c === undefined) throw new Error('the graph gave no result');
  [hidden, cell] = [h, c];
  return y.data;
};
/** @param {number} steps */
const input = (steps) => new runtime.Tensor('float32', Float32Array.from({ length: steps * size }, (_, index) => Math.sin(index * 0.37) * 0.3), [steps, 1, size]);
writeFileSync(`${weightFile}.out`, Buffer.from((await step(input(1))).buffer));
process.stdout.write(`ready ${version}\n`);

/** @param {number} steps */
const time = async (steps) => {
  const x = input(steps);
  const times = [];
  for (let run = 0; run < (steps === 1 ? 200 : 9); run++) {
    const start = performance.now();
    await step(x);
    times.push(performance.now() - start);
  }
  return (times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN) / 1000;
};
/** One at a time, in the order asked for. */
let last = Promise.resolve();
createInterface({ input: process.stdin }).on('line', (line) => {
  last = last.then(async () => {
    process.stdout.write(`${await time(Number(line))}\n`);
  });
});
