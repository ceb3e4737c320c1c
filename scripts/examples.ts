// The engine's parts that the studio does not show, each in a few lines: `npx tsx scripts/examples.ts [NAME…]`.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../electron/engine/engine.ts';
import { reportPrecision } from '../electron/engine/precision.ts';
import { readNetwork } from '../electron/weights/network.ts';
import { encodeSafetensors } from '../electron/weights/testing-archives.ts';

const engine = openEngine();
const noise = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i * i));
const print = (text: string): void => {
  process.stdout.write(`  ${text}\n`);
};

function microseconds(work: () => unknown): string {
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return `${((times[100] ?? 0) * 1000).toFixed(1)} µs`;
}

const examples: Record<string, () => void | Promise<void>> = {
  'batched transforms': () => {
    const fft = engine.createFft(1024, 2);
    const signals = noise(64 * 1024);
    const rows = Array.from({ length: 64 }, (_, i) => signals.slice(1024 * i, 1024 * (i + 1)));
    print(`64 calls ${microseconds(() => { rows.forEach((row) => fft.forward(row)); })}, one batch ${microseconds(() => fft.forwardBatch(signals))}`);
    print(`3000 samples are fastest padded to ${engine.fastFftSize(3000)}`);
    fft.dispose();
  },
  'short-time transform': () => {
    const window = engine.makeWindow('blackman', 2048);
    print(`a Blackman window of 2048 adds up at hops of ${engine.compliantHops(window, 1).slice(-3).join(', ')}`);
    const stft = engine.createStft({ size: 2048, hop: 512, window: 'hann', isCentred: true });
    const second = noise(48_000);
    const spectra = stft.forward(second);
    const back = stft.inverse(spectra, second.length);
    print(`${stft.frames(second.length)} frames a second; largest error both ways ${Math.max(...back.map((value, i) => Math.abs(value - (second[i] ?? 0)))).toExponential(1)}`);
    stft.dispose();
  },
  'filter bank': () => {
    const bank = engine.createFilterBank({ channels: 16, rate: 48_000, filters: [{ kind: 'high-pass', frequency: 80, q: 0.7071, gainDb: 0 }, { kind: 'peak', frequency: 3000, q: 1, gainDb: -4 }] });
    const block = noise(16 * 512);
    print(`16 channels of 512 frames through two filters: ${microseconds(() => bank.process(block))}`);
    bank.dispose();
  },
  convolution: () => {
    const convolver = engine.createConvolver({ mode: 'auto', response: [noise(96_000)], channels: 1, blockSize: 128, inputFrames: 0 });
    convolver.warmUp();
    print(`direct sums are faster below ${engine.measureConvolutionRule().directBelow} taps here`);
    const block = noise(128);
    print(`a stream through 2 s of response: ${convolver.mode}, latency ${convolver.latency}, ${microseconds(() => convolver.process(block))} a block of 128`);
    convolver.dispose();
  },
  'a network in three ways': async () => {
    const layers = [1, 2, 3].map(() => ({ kind: 'linear' as const, in: 256, out: 256, weight: noise(256 * 256).map((value) => value / 16) }));
    const spec = { layers, steps: 1, channels: 256, threads: 1 };
    const sequential = engine.createNetwork({ ...spec, isCompiled: false });
    print(sequential.bufferStats ?? '');
    const compiled = engine.createNetwork({ ...spec, isCompiled: true });
    compiled.prewarm();
    const input = noise(256);
    print(`a step: ${microseconds(() => sequential.predict(input))} layer by layer, ${microseconds(() => compiled.predict(input))} compiled`);
    const executor = compiled.createExecutor();
    const accepted = [1, 2, 3, 4, 5].map(() => executor.tryExecuteAsync(input)).filter((result) => result !== null);
    print(`of five executions tried at once ${accepted.length} were accepted, and all of those came back: ${(await Promise.all(accepted)).length}`);
    executor.dispose();
  },
  'stateful LSTM, in float and in 16 bits': () => {
    const parameters = { weight_ih_l0: noise(4 * 256 * 256).map((value) => value / 16), weight_hh_l0: noise(4 * 256 * 256).map((value) => value / 16) };
    const input = noise(256);
    for (const precision of ['fp32', 'bf16', 'fp16'] as const) {
      const layer = { kind: 'lstm' as const, inputSize: 256, hiddenSize: 256, layers: 1, isBidirectional: false, parameters, precision };
      const lstm = engine.createNetwork({ layers: [layer], steps: 1, channels: 256, threads: 1, isCompiled: true });
      lstm.prewarm(1);
      print(`${precision}: ${(lstm.memoryUsage().weightBytes / 1e6).toFixed(1)} MB, ${microseconds(() => lstm.predict(input))} a step`);
      lstm.resetState();
      lstm.dispose();
    }
    print(`error of bf16 weights: ${engine.halfError(parameters.weight_ih_l0, 'bf16').relative.toExponential(1)}, of fp16 ${engine.halfError(parameters.weight_ih_l0, 'fp16').relative.toExponential(1)}`);
  },
  'a network from files, compiled': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stemwright-example-'));
    const [weights, topology] = [join(folder, 'amp.safetensors'), join(folder, 'amp.json')];
    const tensor = (name: string, ...shape: number[]) => ({ name, shape, values: noise(shape.reduce((a, b) => a * b, 1)).map((value) => value / 8) });
    await writeFile(weights, encodeSafetensors([tensor('conv.weight', 16, 1, 3), tensor('lstm.weight_ih_l0', 64, 16), tensor('lstm.weight_hh_l0', 64, 16), tensor('head.weight', 1, 16)], {}));
    await writeFile(topology, JSON.stringify({
      ...{ version: 1, channels: 1, output: 'sum' },
      nodes: [
        { name: 'conv', op: 'conv1d', inputs: ['input'], weights: 'conv', dilation: 2, isCausal: true },
        { name: 'lstm', op: 'lstm', inputs: ['conv'], weights: 'lstm' },
        { name: 'head', op: 'linear', inputs: ['lstm'], weights: 'head' },
        { name: 'sum', op: 'add', inputs: ['head', 'input'] },
      ],
    }));
    const graph = await readNetwork(weights, topology);
    await rm(folder, { recursive: true });
    const network = engine.compileGraph({ ...graph, steps: 128, threads: 1 }, (level) => level === 'critical');
    network.prewarm(128);
    const block = noise(128);
    print(`a block of 128 frames: ${microseconds(() => network.predict(block))}; ${JSON.stringify(network.memoryUsage())}`);
    const { weightBytes, output } = reportPrecision(engine, graph, 'fp16', block);
    print(`weights in fp16: ${weightBytes.kept} of ${weightBytes.fp32} bytes, error ${output.relative.toExponential(1)}`);
    network.dispose();
  },
  'batch threshold': () => {
    const linear = engine.createLinear({ in: 256, out: 256, weight: noise(256 * 256), threads: 2 });
    print(`rows are shared among threads from ${linear.batchThreshold()} on; measured to be best here: ${linear.autotune()}`);
    linear.dispose();
  },
  'outputs kept by size': () => {
    const conv = engine.createDynamicConv({
      ...{ in: 8, out: 8, kernelHeight: 1, kernelWidth: 9, strideHeight: 1, strideWidth: 1, dilationWidth: 1, paddingHeight: 0, paddingWidth: 4 },
      ...{ weight: noise(8 * 8 * 9), capacity: 4, threads: 1 },
    });
    for (const width of [100, 100, 200, 100]) {
      conv.forward(noise(8 * width), 1, width);
    }
    print(JSON.stringify(conv.cacheStats()));
    conv.dispose();
  },
  'group norm': () => {
    const spec = { input: noise(48 * 4096).map((value) => 1000 + value), channels: 48, groups: 8, weight: new Float32Array(48).fill(1), bias: new Float32Array(48) };
    for (const algorithm of ['standard', 'kahan', 'welford'] as const) {
      print(`${algorithm}: ${microseconds(() => engine.groupNorm({ ...spec, algorithm }))}`);
    }
  },
  'buffer pool': () => {
    const pool = engine.createBufferPool(4096, 8);
    const taken = Array.from({ length: 9 }, () => pool.acquire());
    print(`${taken.filter((buffer) => buffer !== null).length} of 9 were given, ${pool.exhausted()} refused; the engine holds ${JSON.stringify(engine.memoryUsage().owners.find(({ name }) => name === 'pools'))}`);
    pool.dispose();
  },
  'the machine’s state': async () => {
    const state = await new Promise((resolve) => {
      // Watching alone does not keep the program alive.
      const timer = setTimeout(() => { resolve('nothing was told'); }, 2000);
      const watch = engine.watch((now) => {
        clearTimeout(timer);
        watch.close();
        resolve(now);
      });
    });
    print(JSON.stringify(state));
  },
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in examples));
if (unknown !== undefined) {
  process.stderr.write(`there is no example "${unknown}"; there are: ${Object.keys(examples).join('; ')}\n`);
  process.exitCode = 2;
} else {
  for (const [name, run] of Object.entries(examples)) {
    if (wanted.length === 0 || wanted.includes(name)) {
      process.stdout.write(`${name}\n`);
      await run();
    }
  }
}
