import type { ConvolutionOptions } from '../contract/convolution.ts';
import type { SeparationMode } from '../contract/model.ts';
import type { GroupNorm, Precision } from '../contract/separation.ts';
import type { HTDemucsConfig, TensorEntry } from '../contract/network.ts';
import type { NativeEffect } from './native-sound.ts';

/** Work that `signal` stops; it is then rejected with the code 'cancelled'. */
export interface Abortable {
  signal?: AbortSignal | undefined;
}

export interface ModelSpec {
  path: string;
  tensors: TensorEntry[];
  config: HTDemucsConfig;
  /** Absent: fp32. With bf16, weights and what they multiply are rounded to it, and summed in float. */
  precision?: Precision | undefined;
  /** Absent: Welford. */
  groupNorm?: GroupNorm | undefined;
}

export interface NativeGpu {
  /** The same from run to run. */
  id: string;
  name: string;
  api: 'vulkan' | 'metal';
  driver: string;
  kind: 'discrete' | 'integrated' | 'software' | 'other';
  memoryBytes: number;
  /** Its memory is the processor's. */
  isUnified: boolean;
  /** The one that 'auto' takes; never a software one. */
  isPreferred: boolean;
}

export interface NativeGpuVerdict {
  /** Name. */
  device: string;
  isAccepted: boolean;
  /** The processor's power over that of the difference; 0 where nothing was compared. */
  agreementDb: number;
  gpuSeconds: number;
  cpuSeconds: number;
}

export interface NativeModel {
  readonly info: {
    sources: string[];
    channels: number;
    sampleRate: number;
    segmentFrames: number;
    parameters: number;
    weightBytes: number;
  };
  /**
   * Bytes by which the process grows, at most, when it opens this model and separates with it. Each further model of a bag
   * adds its `weightBytes`. Grows with the segment.
   * @param spec.segmentSeconds above 0, at most 120; null: the model's own
   */
  memoryFor(spec: { mode: SeparationMode; segmentSeconds: number | null; threads: number }): number;
  /** The longest segment of 1 to 120 s, in tenths, that `memoryFor` allows within the budget; null when not even a second does. */
  maximumSegmentFor(spec: { mode: SeparationMode; threads: number; budgetBytes: number }): number | null;
  /**
   * Puts the weights on a device, for separations with `onGpu`, unless it computes a test segment otherwise than the
   * processor. @param spec.isTrusted nothing is compared
   */
  prepareGpu(spec: { device: string; cacheFolder: string; isTrusted: boolean; threads: number }): Promise<NativeGpuVerdict>;
  dispose(): void;
}

export interface NativeSeparationSpec {
  /** Several for a bag; `weights` has one entry per source. */
  models: { model: NativeModel; weights: number[] }[];
  /** The mix at the models' rate and channel count. */
  input: string;
  frames: number;
  mean: number;
  std: number;
  /** One path per source; null when that stem is not wanted. */
  outputs: (string | null)[];
  mode: SeparationMode;
  segmentSeconds: number | null;
  overlap: number;
  shifts: number;
  seed: number;
  threads: number;
  /**
   * Frames [start, end) to compute; absent or null: the whole song. The outputs are as long as the song all the same, and
   * hold inside the range what a whole run would, to the bit; nothing outside it is written.
   */
  range?: [number, number] | null;
  /** On the devices that the models were prepared for; where one goes away, the processor goes on. */
  onGpu?: boolean;
}

/** output = dry · input + wet · (input convolved with response) */
export interface NativeConvolutionSpec {
  /** Of 1 or 2 channels. */
  input: string;
  channels: number;
  /** Of 1, 2 or 4 channels (LL, LR, RL, RR), at the input's rate. */
  response: string;
  responseChannels: number;
  /** Made anew: length(input) + length(response) − 1 frames, two channels unless both are mono. */
  output: string;
  mode: ConvolutionOptions['mode'];
  blockSize: number;
  wet: number;
  dry: number;
  /** Id of a GPU that convolves instead, whatever the mode; where it fails, the processor begins anew, and `gpuFault` says why. */
  gpu?: string | null;
}

type NativeChain = { slot: number; effect: NativeEffect }[];

export interface NativePrintSpec {
  /** Of one length; gains are linear, `send` comes after them. */
  tracks: { path: string; effects: NativeChain; gain: number; pan: number; send: number }[];
  /** 1 or 2. */
  channels: number;
  rate: number;
  /** What the send bus makes of what it is sent, alone; else all that is heard. */
  isSend: boolean;
  sendEffects: NativeChain;
  masterEffects: NativeChain;
  /** Made anew, of the tracks' length and channels. */
  output: string;
}

export type NativeSeparationEvent =
  | {
      type: 'progress';
      segment: number;
      segments: number;
      finished: [number, number][];
      fraction: number;
      etaSeconds: number | null;
    }
  | {
      type: 'done';
      seconds: number;
      segmentSeconds: number;
      /** Segments that a GPU computed; absent from what has none. */
      gpuSegments?: number;
      /** Why the processor went on alone; '' where it did not. */
      gpuFault?: string;
    }
  | { type: 'failed'; code: string; message: string }
  | { type: 'cancelled' };

export interface NativeJob {
  /** Idempotent; the job still ends with its final event. */
  cancel(): void;
  /** The frame that is wanted soonest: unfinished segments from there on come next, then those before it, nearest first. */
  focus(frame: number): void;
  /** Whether segments from the next on may go to the GPU that the job was given; at first they may. */
  useGpu(may: boolean): void;
}
