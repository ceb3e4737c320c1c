import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openEngine } from './engine.ts';
import { loadNative } from './load.ts';
import type { LayerSpec, WeightPrecision } from '../contract/network.ts';
import type { ConvolutionRule, NetworkSpec } from './systems.ts';

const engine = openEngine();

/** Of full period, so that every run has the same. */
function noise(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    largest = Math.max(largest, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)));
  }
  return largest;
}

const usage = (work: () => unknown): void => {
  expect(work).toThrow(expect.objectContaining({ name: 'StemwrightError', code: 'usage' }) as Error);
};

describe('GPU', () => {
  const driver = process.platform === 'darwin' ? '' : 'llvmpipe';
  const open = () => engine.openGpu(loadNative().gpuDevices().devices.find(({ name }) => name.includes(driver))?.id ?? '');

  it('transforms, convolves and runs recurrent layers as the processor does', () => {
    const gpu = open();
    const fft = gpu.createFft(512, 3);
    const values = noise(2 * 3 * 512);
    expect(largestDifference(fft.inverse(fft.forward(values)), values)).toBeLessThan(1e-6);

    const response = [noise(1500, 2), noise(1500, 3)];
    const convolution = gpu.createConvolution({ response, channels: 2, frames: 1024 });
    const reference = engine.createConvolver({ mode: 'direct', response, channels: 2, blockSize: 512, inputFrames: 0 });
    expect(convolution.outputs).toBe(2);
    for (const seed of [4, 5]) {
      const block = noise(2048, seed);
      expect(largestDifference(convolution.process(block), reference.process(block))).toBeLessThan(1e-4);
    }

    const sizes = { inputSize: 6, hiddenSize: 9, layers: 1, isBidirectional: false };
    const parameters = { weight_ih_l0: noise(4 * 9 * 6, 6), weight_hh_l0: noise(4 * 9 * 9, 7), bias_ih_l0: noise(36, 8), bias_hh_l0: noise(36, 9) };
    const layer = gpu.createRecurrent({ kind: 'lstm', ...sizes, parameters }, 5);
    const network = engine.createNetwork({ layers: [{ kind: 'lstm', ...sizes, parameters }], steps: 5, channels: 6, threads: 1, isCompiled: true });
    const input = noise(30, 10);
    expect(largestDifference(layer.predict(input), network.predict(input))).toBeLessThan(1e-5);
    expect(largestDifference(layer.predict(input), network.predict(input))).toBeLessThan(1e-5);
    gpu.dispose();
    layer.resetState();
    network.resetState();
    expect(largestDifference(layer.predict(input), network.predict(input))).toBeLessThan(1e-5);
    for (const thing of [fft, convolution, layer, reference, network]) thing.dispose();
  });

  it('refuses misuse', () => {
    const gpu = open();
    usage(() => gpu.createFft(24, 1));
    usage(() => gpu.createFft(64, 0));
    usage(() => gpu.createConvolution({ response: [noise(10)], channels: 1, frames: 1000 }));
    usage(() => gpu.createFft(64, 1).forward(new Float32Array(3)));
    gpu.dispose();
    expect(() => engine.openGpu('vulkan:none')).toThrow('is not there');
  });
});

describe('FFT', () => {
  it('of a cosine is two lines; back it is the signal; batches are the single ones', () => {
    const fft = engine.createFft(1024, 2);
    const signal = Float32Array.from({ length: 1024 }, (_, i) => Math.cos((2 * Math.PI * 5 * i) / 1024));
    const { magnitudes } = engine.toPolar(fft.forward(signal));
    expect(magnitudes[5]).toBeCloseTo(512, 2);
    expect(Math.max(...magnitudes.filter((_, bin) => bin !== 5))).toBeLessThan(1e-3);
    const signals = noise(64 * 1024);
    const spectra = fft.forwardBatch(signals);
    const single = Array.from({ length: 64 }, (_, i) => [...fft.forward(signals.slice(1024 * i, 1024 * (i + 1)))]).flat();
    expect(largestDifference(spectra, single)).toBe(0);
    expect(largestDifference(fft.inverseBatch(spectra), signals)).toBeLessThan(1e-6);
    fft.dispose();
  });

  it('pads 3000 to what was measured to be the fastest', () => {
    expect([3072, 4096]).toContain(engine.fastFftSize(3000));
    expect(engine.fastFftSize(4096)).toBe(4096);
  });

  it('refuses misuse', () => {
    usage(() => engine.createFft(1022, 1));
    usage(() => engine.createFft(64, 0));
    const fft = engine.createFft(64, 1);
    usage(() => fft.forward(new Float32Array(63)));
    usage(() => fft.forward([1, 2] as unknown as Float32Array));
    usage(() => fft.forwardBatch(new Float32Array(100)));
    fft.dispose();
    fft.dispose();
    usage(() => fft.forward(new Float32Array(64)));
  });
});

describe('STFT', () => {
  it.each([2, 4, 8])('at a hop of a %dth is exact both ways', (parts) => {
    const stft = engine.createStft({ size: 512, hop: 512 / parts, window: 'hann', isCentred: true });
    const signal = noise(5000);
    const spectra = stft.forward(signal);
    expect(spectra).toHaveLength(stft.frames(5000) * stft.bins * 2);
    expect(largestDifference(stft.inverse(spectra, 5000), signal)).toBeLessThan(2e-6);
    expect(stft.addsUp).toBe(parts > 2);
    stft.dispose();
  });

  it('names the hops at which windows add up', () => {
    const hops = (name: 'hann' | 'hamming' | 'blackman', power: 1 | 2) => engine.compliantHops(engine.makeWindow(name, 64), power);
    expect(hops('hann', 1)).toEqual([1, 2, 4, 8, 16, 32]);
    expect(hops('hamming', 1)).toEqual([1, 2, 4, 8, 16, 32]);
    expect(hops('blackman', 1)).toEqual([1, 2, 4, 8, 16]);
    expect(hops('hann', 2)).toEqual(expect.arrayContaining([1, 2, 4, 8, 16]));
    expect(hops('hann', 2)).not.toContain(32);
    expect(hops('blackman', 2)).toContain(8);
    expect(hops('blackman', 2)).not.toContain(16);
  });

  it('refuses misuse', () => {
    const spec = { size: 512, hop: 128, window: 'hann', isCentred: true } as const;
    usage(() => engine.createStft({ ...spec, hop: 0 }));
    usage(() => engine.createStft({ ...spec, hop: 513 }));
    usage(() => engine.createStft({ ...spec, window: new Float32Array(500) }));
    usage(() => engine.createStft({ ...spec, window: 'kaiser' as 'hann' }));
    const stft = engine.createStft(spec);
    usage(() => stft.forward(new Float32Array(10)));
    usage(() => stft.inverse(new Float32Array(7), 100));
  });
});

describe('filters', () => {
  it('run over many channels, go on from call to call, and are stable', () => {
    const filters = [{ kind: 'low-pass', frequency: 1000, q: 0.7071, gainDb: 0 } as const];
    const biquad = engine.designBiquad(filters[0] ?? expect.fail(), 48_000);
    expect(engine.isStable(biquad)).toBe(true);
    expect(engine.isStable({ a1: 0, a2: 1.01 })).toBe(false);
    const bank = engine.createFilterBank({ channels: 3, rate: 48_000, filters });
    const impulse = new Float32Array(300);
    impulse[0] = impulse[100] = impulse[200] = 1;
    const first = bank.process(impulse);
    const expected: number[] = [];
    for (let i = 0; i < 100; i++) {
      const x = (at: number) => (at === 0 ? 1 : 0);
      const y = (at: number) => expected[at] ?? 0;
      expected.push(biquad.b0 * x(i) + biquad.b1 * x(i - 1) + biquad.b2 * x(i - 2) - biquad.a1 * y(i - 1) - biquad.a2 * y(i - 2));
    }
    expect(largestDifference(first.slice(200), expected)).toBeLessThan(1e-6);
    expect(largestDifference(first.slice(0, 100), first.slice(200))).toBe(0);
    expect(Math.abs(bank.process(new Float32Array(3))[0] ?? 0)).toBeGreaterThan(0);
    bank.reset();
    expect([...bank.process(new Float32Array(3))]).toEqual([0, 0, 0]);
  });

  it('refuse what is not stable, or beyond half the rate', () => {
    usage(() => engine.designBiquad({ kind: 'peak', frequency: 30_000, q: 1, gainDb: 3 }, 48_000));
    usage(() => engine.designBiquad({ kind: 'peak', frequency: 300, q: 0, gainDb: 3 }, 48_000));
    usage(() => engine.createFilterBank({ channels: 0, rate: 48_000, filters: [] }));
  });
});

it.each(['direct', 'fft', 'partitioned'] as const)('convolution, %s, is the sum it stands for', (mode) => {
  const response = noise(300, 3);
  const signal = noise(2048, 4);
  const convolver = engine.createConvolver({ mode, response: [response], channels: 1, blockSize: 128, inputFrames: 0 });
  convolver.warmUp();
  const padded = new Float32Array(2048 + convolver.latency);
  padded.set(signal);
  const out = convolver.process(padded).slice(convolver.latency);
  const expected = Float32Array.from(signal, (_, i) => response.reduce((sum, tap, k) => sum + tap * (signal[i - k] ?? 0), 0));
  expect(largestDifference(out, expected)).toBeLessThan(1e-4);
  expect(convolver.mode).toBe(mode);
  expect(convolver.tailFrames).toBe(299);
  convolver.dispose();
  usage(() => convolver.process(padded));
});

it('convolution chooses by the guide’s rule or by what was measured, and refuses an empty response', () => {
  const mode = (taps: number, inputFrames: number, rule?: ConvolutionRule) => {
    const convolver = engine.createConvolver({ mode: 'auto', response: [new Float32Array(taps).fill(0.1)], channels: 1, blockSize: 512, inputFrames, ...(rule === undefined ? {} : { rule }) });
    const chosen = convolver.mode;
    convolver.dispose();
    return chosen;
  };
  expect(mode(1000, 100_000)).toBe('direct');
  expect(mode(20_000, 30_000)).toBe('fft');
  expect(mode(20_000, 0)).toBe('partitioned');
  const measured = engine.measureConvolutionRule();
  expect(measured.directBelow).toBeGreaterThanOrEqual(64);
  expect(mode(measured.directBelow - 1, 1e6, measured)).toBe('direct');
  expect(mode(measured.directBelow, 1e6, measured)).toBe('fft');
  usage(() => engine.createConvolver({ mode: 'direct', response: [], channels: 1, blockSize: 128, inputFrames: 0 }));
});

const linear = (size: number, seed: number): LayerSpec => ({ kind: 'linear', in: size, out: size, weight: noise(size * size, seed) });
const lstm = (precision: WeightPrecision = 'fp32'): LayerSpec => ({
  ...{ kind: 'lstm', inputSize: 32, hiddenSize: 32, layers: 1, isBidirectional: false, precision },
  parameters: { weight_ih_l0: noise(4 * 32 * 32, 5), weight_hh_l0: noise(4 * 32 * 32, 6) },
});
const network = (spec: Partial<NetworkSpec> = {}): NetworkSpec => ({ layers: [lstm(), linear(32, 7)], steps: 20, channels: 32, threads: 1, isCompiled: true, ...spec });

describe('networks', () => {
  it('three layers of one shape share two buffers', () => {
    const sequential = engine.createNetwork(network({ layers: [linear(32, 1), linear(32, 2), linear(32, 3)], steps: 1, isCompiled: false }));
    expect(sequential.bufferStats).toBe('3 layers, 2 buffers (33% memory saved)');
    sequential.dispose();
  });

  it('compiled and layer by layer are the same; state goes on until it is reset', () => {
    const [compiled, sequential] = [engine.createNetwork(network()), engine.createNetwork(network({ isCompiled: false }))];
    const input = noise(20 * 32, 9);
    compiled.prewarm(7);
    usage(() => { compiled.prewarm(21); });
    const whole = compiled.predict(input);
    expect(largestDifference(whole, sequential.predict(input))).toBeLessThan(1e-6);
    expect(largestDifference(compiled.predict(input), whole)).toBeGreaterThan(1e-4);
    compiled.resetState();
    const pieces = [...compiled.predict(input.slice(0, 7 * 32)), ...compiled.predict(input.slice(7 * 32))];
    expect(largestDifference(pieces, whole)).toBeLessThan(1e-6);
    const { weightBytes, workspaceBytes } = compiled.memoryUsage();
    expect(weightBytes).toBeGreaterThan(9 * 32 * 32 * 4);
    expect(compiled.releaseWorkspace()).toBe(true);
    expect(compiled.memoryUsage()).toEqual({ weightBytes, workspaceBytes: 0 });
    compiled.resetState();
    expect(largestDifference(compiled.predict(input), whole)).toBe(0);
    expect(compiled.memoryUsage().workspaceBytes).toBe(workspaceBytes);
  });

  it.each([['bf16', 1e-2], ['fp16', 1e-3]] as const)('in %s weights take half the room and results change little', (precision, most) => {
    const layers = (kept: WeightPrecision): LayerSpec[] => [
      lstm(kept),
      { kind: 'conv1d', in: 32, out: 64, kernel: 3, stride: 1, dilation: 1, padding: 1, weight: noise(64 * 32 * 3, 8), precision: kept },
      { kind: 'linear', in: 64, out: 32, weight: noise(64 * 32, 10), precision: kept },
    ];
    const [half, full] = [engine.createNetwork(network({ layers: layers(precision) })), engine.createNetwork(network({ layers: layers('fp32') }))];
    const input = noise(20 * 32, 9);
    const difference = largestDifference(half.predict(input), full.predict(input));
    expect(difference).toBeLessThan(most);
    expect(difference).toBeGreaterThan(1e-6);
    expect(half.memoryUsage().weightBytes).toBeLessThan(0.55 * full.memoryUsage().weightBytes);
  });

  it('refuse weights that are no numbers, or do not fit, and inputs that do not', () => {
    const bad = noise(32 * 32);
    bad[77] = Number.NaN;
    for (const weight of [bad, noise(31 * 32)]) {
      expect(() => engine.createNetwork(network({ layers: [{ kind: 'linear', in: 32, out: 32, weight }] }))).toThrow(expect.objectContaining({ code: 'model' }) as Error);
    }
    usage(() => engine.createNetwork(network({ layers: [] })));
    usage(() => engine.createNetwork(network({ channels: 31 })));
    const compiled = engine.createNetwork(network());
    usage(() => compiled.predict(noise(33)));
    usage(() => compiled.predict(noise(21 * 32)));
    compiled.dispose();
    usage(() => compiled.predict(noise(32)));
  });

  it('run beside their caller in three slots, in order', async () => {
    const [compiled, reference] = [engine.createNetwork(network()), engine.createNetwork(network())];
    const executor = compiled.createExecutor();
    expect(executor.slots).toBe(3);
    const inputs = [1, 2, 3, 4].map((seed) => noise(20 * 32, seed));
    const expected = inputs.map((input) => reference.predict(input));
    const results = await Promise.all(inputs.map((input) => executor.executeAsync(input)));
    // Those that waited for a slot may have been taken in any order; one after the other they are the network's own.
    expect(results).toHaveLength(4);
    compiled.resetState();
    for (const [index, input] of inputs.entries()) {
      const result = await (executor.tryExecuteAsync(input) ?? expect.fail('a slot was free'));
      expect(largestDifference(result, expected[index] ?? [])).toBeLessThan(1e-6);
    }
    usage(() => executor.tryExecuteAsync(noise(5)));
    executor.dispose();
    usage(() => executor.executeAsync(inputs[0] ?? noise(1)));
    usage(() => engine.createNetwork(network({ isCompiled: false })).createExecutor());
  });
});

it('a linear layer keeps the threshold that was fastest', () => {
  const layer = engine.createLinear({ in: 64, out: 48, weight: noise(64 * 48), bias: noise(48, 2), threads: 2 });
  expect(layer.batchThreshold()).toBe(4);
  const rows = noise(16 * 64, 3);
  const before = layer.forward(rows);
  expect([2, 4, 8, 16]).toContain(layer.autotune());
  expect(largestDifference(layer.forward(rows), before)).toBeLessThan(1e-6);
  layer.setBatchThreshold(8);
  expect(layer.batchThreshold()).toBe(8);
  usage(() => layer.forward(noise(63)));
});

it('group norm around a large mean: kahan and welford are exact, plain sums are not', () => {
  const input = noise(1000 * 12).map((value) => 1000 + value);
  const spec = { input, channels: 12, groups: 2, weight: new Float32Array(12).fill(1), bias: new Float32Array(12) };
  const mean = input.reduce((sum, value, i) => sum + (i % 12 < 6 ? value : 0), 0) / 6000;
  const variance = input.reduce((sum, value, i) => sum + (i % 12 < 6 ? (value - mean) ** 2 : 0), 0) / 6000;
  const error = (algorithm: 'standard' | 'kahan' | 'welford') =>
    engine.groupNorm({ ...spec, algorithm }).reduce((worst, value, i) => (i % 12 < 6 ? Math.max(worst, Math.abs(value - ((input[i] ?? 0) - mean) / Math.sqrt(variance + 1e-5))) : worst), 0);
  expect(error('kahan')).toBeLessThan(1e-5);
  expect(error('welford')).toBeLessThan(1e-5);
  expect(error('standard')).toBeGreaterThan(1e-2);
  usage(() => engine.groupNorm({ ...spec, groups: 5, algorithm: 'kahan' }));
});

it('a convolution of changing size keeps its outputs by size', () => {
  const conv = engine.createDynamicConv({
    ...{ in: 4, out: 4, kernelHeight: 1, kernelWidth: 3, strideHeight: 1, strideWidth: 1, dilationWidth: 1, paddingHeight: 0, paddingWidth: 1 },
    ...{ weight: noise(48), capacity: 2, threads: 1 },
  });
  conv.forward(noise(40), 1, 10);
  conv.forward(noise(40), 1, 10);
  conv.forward(noise(80), 1, 20);
  expect(conv.cacheStats()).toEqual({ hits: 1, misses: 2, entries: 2, bytes: 4 * 30 * 4 });
  expect(conv.variant).toBe('tiled');
  usage(() => conv.forward(noise(39), 1, 10));
});

it('a pool gives what it has, and what is given back', () => {
  const pool = engine.createBufferPool(16, 2);
  const [a, b] = [pool.acquire() ?? expect.fail(), pool.acquire() ?? expect.fail()];
  expect(pool.acquire()).toBeNull();
  expect(pool.exhausted()).toBe(1);
  a.write(noise(16));
  expect(a.read()).toEqual(noise(16));
  usage(() => { a.write(noise(15)); });
  a.dispose();
  usage(() => a.read());
  expect(pool.acquire()).not.toBeNull();
  b.dispose();
});

it('16 bits cost weights little, and too large ones all', () => {
  const weights = noise(1000);
  const [fp16, bf16] = [engine.halfError(weights, 'fp16'), engine.halfError(weights, 'bf16')];
  expect(fp16).toMatchObject({ bytes: 2000, overflows: 0 });
  expect(fp16.relative).toBeLessThan(4e-4);
  expect(bf16.relative).toBeGreaterThan(fp16.relative);
  expect(bf16.relative).toBeLessThan(4e-3);
  expect(engine.halfError(Float32Array.of(1e5, 1), 'fp16').overflows).toBe(1);
});

it.runIf(process.platform === 'linux')('when memory is short caches go, and networks as their delegates say', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stemwright-engine-'));
  await mkdir(join(folder, 'proc'));
  const setMemory = async (available: number) => {
    await writeFile(join(folder, 'new'), `MemTotal: 16000000 kB\nMemAvailable: ${available} kB\n`);
    await rename(join(folder, 'new'), join(folder, 'proc', 'meminfo'));
  };
  await setMemory(8e6);
  process.env['STEMWRIGHT_MACHINE'] = folder;
  const asked: string[] = [];
  const [byDefault, keeping] = [engine.createNetwork(network()), engine.createNetwork(network(), (level) => { asked.push(level); return false; })];
  const conv = engine.createDynamicConv({
    ...{ in: 1, out: 1, kernelHeight: 1, kernelWidth: 1, strideHeight: 1, strideWidth: 1, dilationWidth: 1, paddingHeight: 0, paddingWidth: 0 },
    ...{ weight: noise(1), capacity: 2, threads: 1 },
  });
  const pressures: string[] = [];
  const watch = engine.watch(({ pressure }) => pressures.push(pressure), { hasGpu: true });
  const told = (pressure: string) => vi.waitFor(() => { expect(pressures.at(-1)).toBe(pressure); }, 10_000);
  try {
    await told('none');
    expect(watch.shouldUseGpu({ operation: 'fft', size: 4096, batch: 1 })).toBe(true);
    expect(watch.shouldUseGpu({ operation: 'sequential', size: 1 << 20, batch: 1 << 20 })).toBe(false);
    conv.forward(noise(1000), 1, 1000);
    expect(engine.memoryUsage().owners.find(({ name }) => name === 'caches')?.bytes).toBeGreaterThanOrEqual(4000);
    await setMemory(1e6);
    await told('warning');
    expect(conv.cacheStats()).toMatchObject({ entries: 0, bytes: 0 });
    expect(byDefault.memoryUsage().workspaceBytes).toBeGreaterThan(0);
    await setMemory(1e5);
    await told('critical');
    expect(byDefault.memoryUsage().workspaceBytes).toBe(0);
    expect(keeping.memoryUsage().workspaceBytes).toBeGreaterThan(0);
    expect(asked).toEqual(['warning', 'critical']);
  } finally {
    watch.close();
    delete process.env['STEMWRIGHT_MACHINE'];
    await rm(folder, { recursive: true });
  }
});
