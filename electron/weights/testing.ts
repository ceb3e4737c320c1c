/** Makes small models for tests, of random weights that follow from tensor names and a seed alone. */
import { writeFile } from 'node:fs/promises';
import type { HTDemucsConfig } from '../contract/network.ts';
import { parseKwargs } from './config.ts';
import { encodePackage, encodeSafetensors, type TestTensor } from './testing-archives.ts';

export interface NamedShape {
  name: string;
  shape: number[];
}

export const TINY_KWARGS = {
  sources: ['drums', 'bass', 'other', 'vocals'],
  audio_channels: 2,
  samplerate: 44_100,
  segment: [1, 4],
  channels: 4,
  dconv_mode: 3,
  dconv_comp: 2,
  t_layers: 2,
  t_heads: 2,
};

export interface TinyModelOptions {
  seed?: number;
  kwargs?: Record<string, unknown>;
  metadata?: Record<string, string>;
}

/** Writes a safetensors file of an HTDemucs of TINY_KWARGS (625 kB), changed by `kwargs`. */
export async function writeTinyModel(path: string, options: TinyModelOptions = {}): Promise<void> {
  const { kwargs, tensors } = tinyModel(path, options);
  await writeFile(path, encodeSafetensors(tensors, { kwargs: JSON.stringify(kwargs), ...options.metadata }));
}

/** The same as a Demucs package in half precision, as the official ones are. */
export async function writeTinyPackage(path: string, options: Omit<TinyModelOptions, 'metadata'> = {}): Promise<void> {
  const { kwargs, tensors } = tinyModel(path, options);
  await writeFile(path, encodePackage(kwargs, tensors));
}

function tinyModel(path: string, options: TinyModelOptions): { kwargs: Record<string, unknown>; tensors: TestTensor[] } {
  const kwargs = { ...TINY_KWARGS, ...options.kwargs };
  return { kwargs, tensors: ruleTensors(htdemucsShapes(parseKwargs(path, kwargs)), options.seed ?? 1) };
}

/** Names and shapes of the state dict of Demucs' HTDemucs, in no particular order. */
export function htdemucsShapes(config: HTDemucsConfig): NamedShape[] {
  const outputs = config.audioChannels * config.sources.length;
  const tensors: NamedShape[] = [{ name: 'freq_emb.embedding.weight', shape: [config.nfft / 2 / config.stride, config.channels] }];
  for (let layer = 0; layer < config.depth; layer++) {
    const width = config.channels * config.growth ** layer;
    for (const [prefix, kernel, complex] of [['', [config.kernelSize, 1], 2], ['t', [config.kernelSize], 1]] as const) {
      const outer = (channels: number) => (layer === 0 ? channels * complex : width / config.growth);
      tensors.push(...encoderShapes(config, `${prefix}encoder.${layer}`, outer(config.audioChannels), width, kernel));
      tensors.push(...decoderShapes(config, `${prefix}decoder.${config.depth - 1 - layer}`, width, outer(outputs), kernel));
    }
  }
  return [...tensors, ...bottomShapes(config), ...transformerShapes(config)];
}

function encoderShapes(config: HTDemucsConfig, prefix: string, from: number, to: number, kernel: readonly number[]): NamedShape[] {
  return [
    ...weightAndBias(`${prefix}.conv`, [to, from, ...kernel]),
    ...weightAndBias(`${prefix}.rewrite`, [2 * to, to, ...kernel.map(() => 1)]),
    ...((config.dconvMode & 1) === 0 ? [] : dconvShapes(config, `${prefix}.dconv`, to)),
  ];
}

function decoderShapes(config: HTDemucsConfig, prefix: string, from: number, to: number, kernel: readonly number[]): NamedShape[] {
  return [
    ...weightAndBias(`${prefix}.conv_tr`, [from, to, ...kernel], to),
    ...weightAndBias(`${prefix}.rewrite`, [2 * from, from, ...kernel.map(() => 3)]),
    ...((config.dconvMode & 2) === 0 ? [] : dconvShapes(config, `${prefix}.dconv`, from)),
  ];
}

function dconvShapes(config: HTDemucsConfig, prefix: string, width: number): NamedShape[] {
  const hidden = Math.floor(width / config.dconvComp);
  return Array.from({ length: config.dconvDepth }, (_, d) => [
    ...weightAndBias(`${prefix}.layers.${d}.0`, [hidden, width, 3]),
    ...weightAndBias(`${prefix}.layers.${d}.1`, [hidden]),
    ...weightAndBias(`${prefix}.layers.${d}.3`, [2 * width, hidden, 1]),
    ...weightAndBias(`${prefix}.layers.${d}.4`, [2 * width]),
    { name: `${prefix}.layers.${d}.6.scale`, shape: [width] },
  ]).flat();
}

function bottomShapes(config: HTDemucsConfig): NamedShape[] {
  const width = config.channels * config.growth ** (config.depth - 1);
  const bottom = config.bottomChannels;
  return bottom === 0 ? [] : ['', '_t'].flatMap((branch) => [
    ...weightAndBias(`channel_upsampler${branch}`, [bottom, width, 1]),
    ...weightAndBias(`channel_downsampler${branch}`, [width, bottom, 1]),
  ]);
}

function transformerShapes(config: HTDemucsConfig): NamedShape[] {
  const width = config.bottomChannels === 0 ? config.channels * config.growth ** (config.depth - 1) : config.bottomChannels;
  return ['', '_t'].flatMap((branch) => [
    ...weightAndBias(`crosstransformer.norm_in${branch}`, [width]),
    ...Array.from({ length: config.tLayers }, (_, layer) => {
      const isCross = (layer % 2 === 1) !== config.tCrossFirst;
      return transformerLayerShapes(`crosstransformer.layers${branch}.${layer}`, width, Math.trunc(width * config.tHiddenScale), isCross);
    }).flat(),
  ]);
}

function transformerLayerShapes(prefix: string, width: number, hidden: number, isCross: boolean): NamedShape[] {
  const attention = `${prefix}.${isCross ? 'cross' : 'self'}_attn`;
  return [
    { name: `${attention}.in_proj_weight`, shape: [3 * width, width] },
    { name: `${attention}.in_proj_bias`, shape: [3 * width] },
    ...weightAndBias(`${attention}.out_proj`, [width, width]),
    ...weightAndBias(`${prefix}.linear1`, [hidden, width]),
    ...weightAndBias(`${prefix}.linear2`, [width, hidden]),
    ...['norm1', 'norm2', ...(isCross ? ['norm3'] : []), 'norm_out'].flatMap((name) => weightAndBias(`${prefix}.${name}`, [width])),
    ...['gamma_1', 'gamma_2'].map((name) => ({ name: `${prefix}.${name}.scale`, shape: [width] })),
  ];
}

function weightAndBias(prefix: string, shape: number[], biases = shape[0] ?? 0): NamedShape[] {
  return [{ name: `${prefix}.weight`, shape }, { name: `${prefix}.bias`, shape: [biases] }];
}

/**
 * Random weights of a size that keeps activations near 1. FNV-1a 64 of the name, started from the seed, begins a
 * splitmix64 sequence: the engine's own tests make the same numbers.
 */
export function ruleTensors(shapes: readonly NamedShape[], seed: number): TestTensor[] {
  return shapes.map(({ name, shape }) => ({ name, shape, values: ruleValues(name, shape, seed) }));
}

function ruleValues(name: string, shape: readonly number[], seed: number): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const fan = count / (shape[0] ?? 1);
  const { base, scales } = distribution(name, shape.length, fan);
  const random = new SplitMix(fnv1a64(name, seed));
  return Float32Array.from({ length: count }, () => {
    const spread = scales.reduce((product, scale) => Math.fround(product * scale), random.next());
    return base + spread;
  });
}

/** `scales` are multiplied in one after the other, each product rounded to float. */
function distribution(name: string, rank: number, fan: number): { base: number; scales: number[] } {
  if (name.includes('embedding')) {
    return { base: 0, scales: [Math.fround(0.2)] };
  }
  if (rank >= 2) {
    return { base: 0, scales: [Math.fround(Math.sqrt(3 / fan)), Math.fround(0.9)] };
  }
  if (name.endsWith('.scale')) {
    return { base: Math.fround(0.5), scales: [Math.fround(0.3)] };
  }
  return name.endsWith('weight') ? { base: 1, scales: [Math.fround(0.2)] } : { base: 0, scales: [Math.fround(0.1)] };
}

const MASK64 = (1n << 64n) - 1n;

function fnv1a64(text: string, seed: number): bigint {
  let hash = 0xcbf29ce484222325n ^ BigInt(seed);
  for (const byte of Buffer.from(text)) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & MASK64;
  }
  return hash;
}

/** splitmix64 in 32-bit halves: with bigint, a million weights take seconds. */
class SplitMix {
  #high: number;
  #low: number;

  constructor(start: bigint) {
    this.#high = Number(start >> 32n);
    this.#low = Number(start & 0xffffffffn);
  }

  /** The next number, in [-1, 1) and a multiple of 2^-23. */
  next(): number {
    const low = this.#low + 0x7f4a7c15;
    this.#high = (this.#high + 0x9e3779b9 + (low > 0xffffffff ? 1 : 0)) >>> 0;
    this.#low = low >>> 0;
    let [high, rest] = xorShift(this.#high, this.#low, 30);
    [high, rest] = multiply(high, rest, 0xbf58476d, 0x1ce4e5b9);
    [high, rest] = xorShift(high, rest, 27);
    [high, rest] = multiply(high, rest, 0x94d049bb, 0x133111eb);
    [high] = xorShift(high, rest, 31);
    return (high >>> 8) / 2 ** 23 - 1;
  }
}

function xorShift(high: number, low: number, bits: number): [number, number] {
  return [(high ^ (high >>> bits)) >>> 0, (low ^ ((low >>> bits) | (high << (32 - bits)))) >>> 0];
}

/** The low 64 bits of a product, in halves. */
function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): [number, number] {
  const a0 = aLow & 0xffff;
  const a1 = aLow >>> 16;
  const b0 = bLow & 0xffff;
  const b1 = bLow >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const cross = a0 * b1 + (middle & 0xffff);
  const carry = a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000);
  return [(carry + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) >>> 0, Math.imul(aLow, bLow) >>> 0];
}
