import type { LayerSpec, NetworkGraph } from '../contract/network.ts';
import type { GroupNorm } from '../contract/separation.ts';

/**
 * The engine's parts, each on its own. Signals and spectra are Float32Arrays; what a call returns is the caller's. Sizes that do
 * not fit, weights that are no numbers and things that have been disposed of are refused with an error.
 */
export interface Systems {
  /**
   * A real transform, unscaled forward and exact backward.
   * @param size even, with no prime factor but 2, 3 and 5; fastest: powers of two from 512 on, and `fastFftSize`
   * @param threads that share batches; single transforms take one
   */
  createFft(size: number, threads: number): Fft;
  /** The size from n up to the next power of two whose transform was measured to be the fastest here: 3000 gives 3072 or 4096. */
  fastFftSize(size: number): number;
  /** Of a spectrum in pairs: magnitudes, and phases from −π to π. */
  toPolar(spectrum: Float32Array): { magnitudes: Float32Array; phases: Float32Array };
  /** Periodic: one period of a sequence, for analysis and overlap-add. */
  makeWindow(window: WindowName, size: number): Float32Array;
  /**
   * The hops up to half the window at which copies of it add up to a constant (COLA).
   * @param power 1: windowed once; 2: before the transform and after it
   */
  compliantHops(window: Float32Array, power: 1 | 2): number[];
  createStft(spec: StftSpec): Stft;
  /** RBJ's cookbook. Refused where a pole would not lie inside the unit circle. */
  designBiquad(filter: FilterSpec, rate: number): Biquad;
  /** Whether both poles lie inside the unit circle. */
  isStable(biquad: Pick<Biquad, 'a1' | 'a2'>): boolean;
  /** The same filters, one after the other, on many channels at once. */
  createFilterBank(spec: { channels: number; rate: number; filters: FilterSpec[] }): FilterBank;
  createConvolver(spec: ConvolverSpec): Convolver;
  /** Where direct sums and one large transform change places on this machine. Measured once, in some milliseconds. */
  measureConvolutionRule(): ConvolutionRule;
  createNetwork(spec: NetworkSpec): Network;
  /** A network that need not be a chain, such as `readNetwork` of `electron/weights` gives it, compiled. */
  compileGraph(spec: GraphSpec): Network;
  /**
   * A compiled Core ML model (`.mlmodelc`) of one input and one output, [steps, channels] in float, through BNNS Graph.
   * @param spec.threads with one, it stays on its caller's
   * @throws code 'model' on every system but macOS 15 and later
   */
  openCoreMl(spec: { path: string; threads: number }): Network;
  createLinear(spec: { in: number; out: number; weight: Float32Array; bias?: Float32Array | null; threads: number }): Linear;
  /** A convolution for inputs of changing size. */
  createDynamicConv(spec: ConvSpec): DynamicConv;
  /** Of an input [steps, channels], statistics over all steps of a group's channels. */
  groupNorm(spec: { input: Float32Array; channels: number; groups: number; weight: Float32Array; bias: Float32Array; algorithm: GroupNorm }): Float32Array;
  /** Buffers of one size, made beforehand, that any thread may take without waiting. */
  createBufferPool(size: number, count: number): BufferPool;
  /** Opens a device of `gpuDevices()`, for work that is worth the way there and back; calls wait for their result. */
  openGpu(id: string): Gpu;
  /** What rounding weights to 16 bits changes. `relative`: RMS of the error over RMS of the weights; `overflows`: how many became infinite. */
  halfError(weights: Float32Array, precision: 'fp16' | 'bf16'): { bytes: number; largest: number; relative: number; overflows: number };
}

/** Lets go of the memory; the thing takes no more calls. Idempotent. */
interface Disposable {
  dispose(): void;
}

export interface Fft extends Disposable {
  readonly size: number;
  /** size / 2 + 1; a spectrum holds as many pairs (re, im). */
  readonly bins: number;
  forward(signal: Float32Array): Float32Array;
  inverse(spectrum: Float32Array): Float32Array;
  /** Signals one after the other, and their spectra: faster than one call for each. */
  forwardBatch(signals: Float32Array): Float32Array;
  inverseBatch(spectra: Float32Array): Float32Array;
}

export type WindowName = 'hann' | 'hamming' | 'blackman';

export interface StftSpec {
  size: number;
  /** Samples from one frame to the next: size / 2, / 4 and / 8 are overlaps of 50, 75 and 87.5 %. */
  hop: number;
  window: WindowName | Float32Array;
  /** Frame t is centred on sample t · hop, and the ends are reflected. */
  isCentred: boolean;
}

export interface Stft extends Disposable {
  readonly bins: number;
  /** Whether the squared windows add up to a constant. Where they do not, `inverse` still divides by their sum. */
  readonly addsUp: boolean;
  frames(samples: number): number;
  /** Frame after frame of `bins` pairs. */
  forward(signal: Float32Array): Float32Array;
  /** Exact where spectra are as `forward` gave them. @param samples of the result */
  inverse(spectra: Float32Array, samples: number): Float32Array;
}

export interface FilterSpec {
  kind: 'low-pass' | 'high-pass' | 'band-pass' | 'notch' | 'peak' | 'low-shelf' | 'high-shelf';
  /** Hz, below half the rate. */
  frequency: number;
  q: number;
  /** Of peaks and shelves. */
  gainDb: number;
}

/** y = b0 x + b1 x[−1] + b2 x[−2] − a1 y[−1] − a2 y[−2] */
export interface Biquad {
  b0: number;
  b1: number;
  b2: number;
  a1: number;
  a2: number;
}

export interface FilterBank extends Disposable {
  /** Channel after channel, all of one length; goes on where the call before ended. */
  process(signals: Float32Array): Float32Array;
  reset(): void;
}

/** Responses below `directBelow` taps, or below that share of the input's length, are convolved directly. */
export interface ConvolutionRule {
  directBelow: number;
  fftFromRatio: number;
}

export interface ConvolverSpec {
  /** `auto`: direct or fft by the response's and the input's length, partitioned for a stream. */
  mode: 'direct' | 'fft' | 'partitioned' | 'auto';
  /** Channels of one length: 1, 2 (left, right) or 4 (LL, LR, RL, RR). */
  response: Float32Array[];
  /** Of the signal, 1 or 2. */
  channels: number;
  /** Frames that a call usually has: a power of two from 64 to 8192. */
  blockSize: number;
  /** 0: a stream. */
  inputFrames: number;
  /** Of `auto`; absent: 16,000 taps and half the input. */
  rule?: ConvolutionRule;
}

export interface Convolver extends Disposable {
  readonly mode: 'direct' | 'fft' | 'partitioned';
  /** Frames by which the output comes late. */
  readonly latency: number;
  readonly tailFrames: number;
  readonly outputs: number;
  readonly memoryBytes: number;
  /** Channel after channel; any number of frames. */
  process(block: Float32Array): Float32Array;
  /** Before the first block: pages and caches are then ready. */
  warmUp(): void;
  reset(): void;
}

export interface NetworkSpec {
  layers: LayerSpec[];
  /** Of the longest input. */
  steps: number;
  channels: number;
  /** With one, a compiled network neither locks nor waits. */
  threads: number;
  /** One arena, activations fused, nothing allocated in a call; else layers one after the other in two buffers. */
  isCompiled: boolean;
}

export interface GraphSpec extends NetworkGraph {
  /** Of the longest input. */
  steps: number;
  /** With one, it neither locks nor waits. */
  threads: number;
}

export interface Network extends Disposable {
  /** "3 layers, 2 buffers (33% memory saved)"; of networks that are not compiled. */
  readonly bufferStats?: string;
  /** Of the longest input. */
  readonly outputSteps: number;
  readonly outputChannels: number;
  /** [steps, channels], as many steps as were built for or fewer; recurrent states go on from call to call. */
  predict(input: Float32Array): Float32Array;
  resetState(): void;
  /**
   * Runs once on zeros, so that the first real call finds pages and caches ready; states are zero afterwards.
   * @param steps of the calls to come; absent: the longest
   */
  prewarm(steps?: number): void;
  memoryUsage(): { weightBytes: number; workspaceBytes: number };
  /** Of a compiled one: the next call makes it anew. States are kept. @return whether there was one to release */
  releaseWorkspace(): boolean;
  /** Runs this network, compiled, beside its caller. */
  createExecutor(): Executor;
}

/** Three executions are in flight at most; they end in the order in which they were accepted. */
export interface Executor extends Disposable {
  readonly slots: number;
  /** Never waits. @param input of the longest length @return null when all slots are in flight */
  tryExecuteAsync(input: Float32Array): Promise<Float32Array> | null;
  /** Waits for a slot. */
  executeAsync(input: Float32Array): Promise<Float32Array>;
}

/** What is made on a device stays usable after the device's own `dispose()`. */
export interface Gpu extends Disposable {
  /** `batch` complex transforms of `size` points, a power of two up to 16,384: pairs (re, im), unscaled forward and exact backward. */
  createFft(size: number, batch: number): GpuFft;
  /** @param spec.response 1, 2 or 4 channels (LL, LR, RL, RR) @param spec.frames of a call, a multiple of 1024 */
  createConvolution(spec: { response: Float32Array[]; channels: number; frames: number }): GpuConvolution;
  /** @param steps of each call @param spec up to 1024 units, weights in float */
  createRecurrent(spec: Omit<Extract<LayerSpec, { kind: 'lstm' | 'gru' }>, 'precision'>, steps: number): GpuRecurrent;
}

export interface GpuFft extends Disposable {
  forward(values: Float32Array): Float32Array;
  inverse(values: Float32Array): Float32Array;
}

export interface GpuConvolution extends Disposable {
  readonly outputs: number;
  /** Channel after channel, `frames` of each; without latency, and goes on where the call before ended. */
  process(block: Float32Array): Float32Array;
  reset(): void;
}

export interface GpuRecurrent extends Disposable {
  /** [steps, inputSize] to [steps, directions · hiddenSize]; the state goes on from call to call. */
  predict(input: Float32Array): Float32Array;
  resetState(): void;
}

export interface Linear extends Disposable {
  /** [rows, in] to [rows, out]. */
  forward(rows: Float32Array): Float32Array;
  /** From so many rows on they are shared among the threads; 4 at first. */
  batchThreshold(): number;
  setBatchThreshold(rows: number): void;
  /** Measures 2, 4, 8 and 16 and keeps the fastest. @return it */
  autotune(): number;
}

export interface ConvSpec {
  in: number;
  out: number;
  /** Height 1: one-dimensional. Zeros pad either side. */
  kernelHeight: number;
  kernelWidth: number;
  strideHeight: number;
  strideWidth: number;
  dilationWidth: number;
  paddingHeight: number;
  paddingWidth: number;
  /** [out, in, kernelHeight, kernelWidth] */
  weight: Float32Array;
  bias?: Float32Array | null;
  /** Sizes whose outputs are kept. */
  capacity: number;
  threads: number;
}

export interface DynamicConv extends Disposable {
  /** How it computes, by its shape: neighbouring outputs of one channel at once, along windows for few outputs, or in tiles. */
  readonly variant: 'direct' | 'vector' | 'tiled';
  /** @param input [height, width, in] */
  forward(input: Float32Array, height: number, width: number): Float32Array;
  /** The cache goes when memory is short. */
  cacheStats(): { hits: number; misses: number; entries: number; bytes: number };
}

export interface BufferPool extends Disposable {
  /** Null when all are taken. `dispose()` gives it back. */
  acquire(): PooledBuffer | null;
  /** How often there was none to take. */
  exhausted(): number;
}

export interface PooledBuffer extends Disposable {
  read(): Float32Array;
  write(values: Float32Array): void;
}
