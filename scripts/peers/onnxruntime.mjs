// ONNX Runtime on the published graph: `node onnxruntime.mjs MODULES GRAPH THREADS`. Says `ready <version>` once it is loaded,
// then the seconds of one segment for each line that it is sent.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * What is used of onnxruntime-node, which is no dependency.
 * @typedef {object} Runtime
 * @property {new (type: 'float32', data: Float32Array, dims: number[]) => object} Tensor
 * @property {{ create: (path: string, options: { intraOpNumThreads: number }) => Promise<{ run: (feeds: Record<string, object>) => Promise<unknown> }> }} InferenceSession
 */

const [modules = '', graph = '', threads = '1'] = process.argv.slice(2);
const folder = join(modules, 'node_modules', 'onnxruntime-node');
/** @type {(name: string) => unknown} */
const load = createRequire(join(modules, 'package.json'));
const runtime = /** @type {Runtime} */ (load('onnxruntime-node'));
const version = /"version": *"([^"]+)"/.exec(readFileSync(join(folder, 'package.json'), 'utf8'))?.[1] ?? 'unknown';

/** @param {number} length */
const wave = (length) => Float32Array.from({ length }, (_, index) => Math.sin(index * 0.37) * 0.3);
const feeds = {
  mix: new runtime.Tensor('float32', wave(2 * 343_980), [1, 2, 343_980]),
  mag: new runtime.Tensor('float32', wave(4 * 2048 * 336), [1, 4, 2048, 336]),
};
const session = await runtime.InferenceSession.create(graph, { intraOpNumThreads: Number(threads) });
await session.run(feeds);
process.stdout.write(`ready ${version}\n`);

/** One at a time, in the order asked for. */
let last = Promise.resolve();
createInterface({ input: process.stdin }).on('line', () => {
  last = last.then(async () => {
    const start = performance.now();
    await session.run(feeds);
    process.stdout.write(`${(performance.now() - start) / 1000}\n`);
  });
});
