/** What `weights` finds in a file and `engine` is given: a network and where its tensors lie, or the tensors themselves. */
import type { GroupNorm } from './separation.ts';

export type Dtype = 'F32' | 'F16' | 'BF16';

/** Where a tensor's values lie: little-endian, C order, `byteLength` bytes from absolute file offset `offset`. */
export interface TensorEntry {
  name: string;
  dtype: Dtype;
  shape: number[];
  offset: number;
  byteLength: number;
}

/** An HTDemucs by its constructor's arguments, each checked to be one that the engine computes. */
export interface HTDemucsConfig {
  sources: string[];
  audioChannels: number;
  sampleRate: number;
  /** Training length in seconds, as [numerator, denominator]. */
  segment: [number, number];
  channels: number;
  growth: number;
  depth: number;
  nfft: number;
  bottomChannels: number;
  dconvMode: number;
  dconvDepth: number;
  dconvComp: number;
  normStarts: number;
  normGroups: number;
  freqEmb: number;
  embScale: number;
  embSmooth: boolean;
  kernelSize: number;
  stride: number;
  context: number;
  contextEnc: number;
  rewrite: boolean;
  tLayers: number;
  tHeads: number;
  tHiddenScale: number;
  tNormIn: boolean;
  tNormOut: boolean;
  tNormFirst: true;
  tLayerScale: boolean;
  tGelu: boolean;
  tCrossFirst: boolean;
  tMaxPeriod: number;
  tWeightPosEmbed: number;
}

/** How a layer keeps its weights: 16 bits take half the memory, and round them. Absent: fp32. */
export type WeightPrecision = 'fp32' | 'bf16' | 'fp16';

interface RecurrentLayer {
  inputSize: number;
  hiddenSize: number;
  layers: number;
  isBidirectional: boolean;
  /** By PyTorch's names: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, …_reverse. */
  parameters: Record<string, Float32Array>;
  precision?: WeightPrecision;
}

interface Conv1dLayer {
  kind: 'conv1d';
  in: number;
  out: number;
  kernel: number;
  stride: number;
  dilation: number;
  padding: number;
  /** Sees no later steps; the last ones of a call are kept for the next. Stride 1, no padding. */
  isCausal?: boolean;
  weight: Float32Array;
  bias?: Float32Array | null;
  precision?: WeightPrecision;
}

/** Weights are laid out as PyTorch does. */
export type LayerSpec =
  | { kind: 'linear'; in: number; out: number; weight: Float32Array; bias?: Float32Array | null; precision?: WeightPrecision }
  | Conv1dLayer
  | { kind: 'groupNorm'; groups: number; weight: Float32Array; bias: Float32Array; algorithm: GroupNorm }
  | ({ kind: 'lstm' } & RecurrentLayer)
  | ({ kind: 'gru' } & RecurrentLayer)
  | { kind: 'gelu' | 'glu' | 'relu' | 'sigmoid' | 'tanh' };

/** A layer with one input; or several of as many steps: their sum, their product, or their channels side by side. */
export interface GraphNode {
  name: string;
  /** Names of nodes before this one; "input": of the network. */
  inputs: string[];
  operation: LayerSpec | { kind: 'add' | 'multiply' | 'concatenate' };
}

/** Its last node gives the result. */
export interface NetworkGraph {
  /** Of the input. */
  channels: number;
  nodes: GraphNode[];
}
