/** What `weights` finds in a file and `engine` is given: a network and where its tensors lie. */

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
