import type { ConvolutionOptions } from '../contract/convolution.ts';
import type { EqBand, ResponseEdit, reverbModes } from '../contract/effects.ts';
import type { EngineMemory, GpuCalibration, GpuOperation, GpuUsage, HardwareProfile, HardwareState } from '../contract/hardware.ts';
import type { SeparationMode } from '../contract/model.ts';
import type { GroupNorm, Precision } from '../contract/separation.ts';
import type { HTDemucsConfig, TensorEntry } from '../contract/network.ts';
import type { Systems } from './systems.ts';

/** The addon's interface. Misused argument types throw a TypeError; engine faults are errors with a `code`. */
export interface NativeModule {
  info(): NativeInfo;
  /** Its parts, each on its own; `openEngine` gives them with typed errors. */
  readonly systems: Systems;
  hardware(): Omit<HardwareProfile, 'isa'>;
  memoryUsage(): EngineMemory;
  /** Peaks begin anew at what there is now. */
  resetMemoryPeaks(): void;
  /**
   * Looks at the machine four times a second. Where memory has become short the engine's caches shrink before `onChange` is
   * called. It is called with the first state and each that differs in more than the bytes available.
   */
  watchMachine(spec: WatchSpec, onChange: (state: HardwareState) => void): MachineWatch;
  /** Records up to `capacity` regions from now on, of all that the engine does in this process. */
  startTrace(capacity: number): void;
  /** What was recorded; recording has ended. */
  takeTrace(): NativeTrace;
  /** Creates or truncates the track at `path`: interleaved f32le. */
  createTrack(path: string, channels: number): TrackWriter;
  /** Maps the file, checks each tensor against the graph and packs the weights. */
  openModel(spec: ModelSpec): Promise<NativeModel>;
  /** As they are now; takes some milliseconds. `reason` says why there are none. */
  gpuDevices(): { devices: NativeGpu[]; reason: string };
  gpuUsage(): GpuUsage;
  /** From where on a device is faster than so many threads, transfers included; takes some seconds. */
  calibrateGpu(spec: { device: string; cacheFolder: string; threads: number } & Abortable): Promise<GpuCalibration>;
  startSeparation(spec: NativeSeparationSpec, onEvent: (event: NativeSeparationEvent) => void): NativeJob;
  /** Convolves a track with another, in the memory of the response alone. Events as of a separation; `segment` counts chunks. */
  startConvolution(spec: NativeConvolutionSpec, onEvent: (event: NativeSeparationEvent) => void): Pick<NativeJob, 'cancel'>;
  /** What comes out of a bus of the mixer, as a monitor at the tracks' rate would play it, without its lag. Events as of a convolution. */
  startPrint(spec: NativePrintSpec, onEvent: (event: NativeSeparationEvent) => void): Pick<NativeJob, 'cancel'>;
  /** The linear gain that makes sound through this response as loud as it was. */
  responseGain(spec: { track: string; channels: number; rate: number }): Promise<number>;
  /** A track as an impulse response, with edits. */
  describeResponse(spec: { track: string; channels: number; rate: number; edit: ResponseEdit; columns: number }): Promise<NativeResponseFacts>;
  measureTracks(spec: { tracks: string[]; channels: number; reference?: string } & Abortable): Promise<TrackMeasures>;
  /** Writes Σ gain · input. */
  combineTracks(spec: { inputs: { path: string; gain: number }[]; channels: number; output: string } & Abortable): Promise<{ frames: number }>;
  /** Adds (mix − Σ stems) / n to each stem in place. */
  spreadResidual(spec: { mix: string; stems: string[]; channels: number } & Abortable): Promise<void>;
  /** Writes the peaks of a whole track beside it: `song.f32` gives `song.peaks`. */
  writePeaks(spec: { track: string; channels: number }): Promise<void>;
  /** Writes them only when there are none of the present version that fit the track. */
  ensurePeaks(spec: { track: string; channels: number }): Promise<void>;
  replaceRange(spec: RangeReplacement): Promise<void>;
  /**
   * 256 × 256 bytes of a track's spectrogram, column by column, the lowest row first: byte 256 · column + row. Column c of tile
   * `index` looks at the mono mix for 2048 frames (Hann) about the middle of its own 512 · 2^level; rows are log-spaced from 30 Hz to
   * rate / 2. A byte is (dB + 120) / 120 · 255, and 0 dB a sine at full scale. Past the end of the track all is 0.
   */
  spectrumTile(spec: { track: string; channels: number; rate: number; level: number; index: number }): Promise<Buffer>;
  /** Tempo, beats and key of a track. */
  findRhythm(spec: { track: string; channels: number; rate: number } & Abortable): Promise<NativeRhythm>;
  /** Sound devices as they are now; while a monitor is open, as they were when it was opened. */
  audioDevices(): Promise<AudioDevice[]>;
  /** Counts of what happened to them since the first call; cheap. `defaultOutput` counts on a Mac only, and on Windows nothing does. */
  audioDeviceChanges(): AudioDeviceChanges;
  /** Opens a sound device; rejected with 'output' when it cannot be had. Nothing is heard before a song is loaded. */
  openMonitor(spec: MonitorSpec): Promise<NativeMonitor>;
  /** Names of what can be measured. */
  benchmarks(): string[];
  runBenchmark(spec: { name: string; threads: number } & Abortable): Promise<NativeBenchmarkEntry[]>;
  /** Gives back the models that benchmarks keep from one run to the next. */
  releaseBenchmarks(): void;
  /** Starts a program, in a session of its own and without anything to read, and does not copy this process; null where Node does as well. */
  readonly startProgram: ((program: string, args: readonly string[]) => NativeProgram) | null;
}

export interface NativeProgram {
  /** Descriptors from which what it writes is read, the caller's to close. */
  output: number;
  errors: number;
  kill(): void;
  /** Its exit code; null when a signal ended it. Holds a thread of Node's pool until then. */
  wait(): Promise<number | null>;
}

/** Stretches of the engine's work; `agoMs`: how long before it was taken one began. Threads count from 1; 0 is the GPU, whose
 * regions end as the host saw their last one end. */
export interface NativeTrace {
  regions: { name: string; agoMs: number; ms: number; thread: number }[];
  /** Regions that there was no room for. */
  dropped: number;
}

export interface WatchSpec {
  hasGpu: boolean;
  useGpuOnBattery: boolean;
  /** Null: as the guide has it. */
  calibration: GpuCalibration | null;
  /** Caches give way once the engine holds more; 0: no limit. */
  budgetBytes: number;
}

/** Work that could go to either processor: samples of a transform, elements of a weight, taps of a kernel, and how many such are independent. */
export interface GpuWork {
  operation: GpuOperation;
  size: number;
  batch: number;
}

export interface MachineWatch {
  /** As of the last look, the first of which is made before `watchMachine` returns. */
  report(): HardwareState;
  configure(spec: WatchSpec): void;
  /**
   * By the work's size and the machine's state: hot, saving power or without its device, it sends all to the CPU, and waits for
   * 30 s of quiet before it sends anything back.
   */
  shouldUseGpu(work: GpuWork): boolean;
  /** The device did not answer; `deviceBack`: it does so again. */
  deviceLost(): void;
  deviceBack(): void;
  /** Idempotent; nothing is called afterwards. */
  close(): void;
}

/**
 * Replaces frames [start, end) of a track in place by those of `patch` from `patchStart` on, with a linear crossfade of `fadeFrames`
 * inside each edge that is not an end of the track. The replaced frames are written to `keep` first, a track of end − start
 * frames. Undo: the same range with `patch` = the kept file, `patchStart` 0 and `fadeFrames` 0, which restores the track to the
 * bit; what that keeps brings the replacement back in the same way.
 *
 * `keep` is whole and on the disk before the track is touched, so that undoing restores the track whatever ended the call in
 * between. The track is on the disk when the promise is fulfilled, its peaks are up to date; after a crash write those anew.
 */
export interface RangeReplacement {
  track: string;
  channels: number;
  start: number;
  end: number;
  patch: string;
  patchStart: number;
  fadeFrames: number;
  keep: string;
}

export interface AudioDevice {
  id: string;
  name: string;
  /** 'JACK', 'ALSA', 'Core Audio', … */
  system: string;
  inputs: number;
  outputs: number;
  rate: number;
  isDefault: boolean;
}

export interface AudioDeviceChanges {
  /** Devices, or JACK servers, have come or gone. */
  list: number;
  defaultOutput: number;
}

export interface MonitorSpec {
  /** The id of a device; null: the default one; 'none': no sound card, and `readOutput` hands out what would be heard. */
  device: string | null;
  /** Null: the device's own. Songs of any other rate are converted. */
  rate: number | null;
  /** Null: as the device likes it. */
  blockFrames: number | null;
  /** Channels of the live input, 0 to 2. */
  inputs?: number;
}

/**
 * Playing and listening. Frames are those of the song at its own rate. Commands take effect at the next block, at most a few
 * milliseconds later, without a click; each throws 'internal' when the device no longer takes them.
 */
export interface NativeMonitor {
  readonly info: { device: string; isSilent: boolean; rate: number; blockFrames: number; inputs: number };
  /** Fulfilled once the song is in place and its first sound is in memory; rejected, the one before plays on. */
  load(song: MonitorSong): Promise<void>;
  unload(): void;
  play(): void;
  pause(): void;
  seek(frame: number): void;
  /** Null, or less than 10 ms: no loop. */
  loop(range: [number, number] | null): void;
  /**
   * Of this song and those to come: −12 to 12, and 0.5 to 1.5. Fulfilled once it is crossfaded in; at 0 and 1 the samples are the
   * tracks' own. Rejected with 'output' where SoundTouch is missing.
   */
  setTimePitch(semitones: number, speed: number): Promise<void>;
  /** @param index of the track in the song */
  setStrip(index: number, strip: MonitorStrip): void;
  /** Linear. */
  setMaster(gain: number): void;
  /** The live input, which begins muted. */
  setInput(strip: MonitorStrip): void;
  /** Where growing tracks are final: the ranges of a progress event. */
  setFinished(ranges: [number, number][]): void;
  /** Tracks have changed on disk in these frames. */
  refresh(range: [number, number]): void;
  /** The worst loads, the overloads and the true peaks begin anew. */
  resetCounters(): void;
  /**
   * Puts an effect into a chain, crossfaded in once it is ready, in the place of what was there. What differs from that only in
   * gains, filters, ceiling, dry or wet glides instead. Effects of tracks go with their song. Rejected with 'invalid-argument'
   * when a reverb cannot keep pace; what was there stays.
   */
  setEffect(place: InsertPlace, effect: NativeEffect): Promise<NativeEffectFacts>;
  /** What an effect would take on this device, too slow to be heard or not; nothing is heard of it. */
  measureEffect(effect: NativeEffect): Promise<NativeEffectFacts>;
  removeEffect(place: InsertPlace): void;
  /** Into the send bus, after the fader. Linear. */
  setSend(strip: number | 'input', gain: number): void;
  /**
   * Frames from the output through a cable to the input, by a test signal of about 1.5 s in the place of all else; the song goes
   * on unheard. Rejected with 'output' when the signal does not come back.
   */
  measureLatency(): Promise<number>;
  meters(): MonitorMeters;
  /** Up to so many frames of what 'none' would have played since the last call: interleaved stereo f32le. It keeps about 2.5 s. */
  readOutput(frames: number): Buffer;
  /** How many times as fast as its rate says 'none' runs from now on, 0.5 to 2: whoever plays the output has a clock of its own. */
  setPace(pace: number): void;
  /** Ends the sound. The monitor takes no more calls. */
  close(): Promise<void>;
}

/** One of eight slots, in order, of a track's chain, the live input's, the send bus' or the master's. */
export interface InsertPlace {
  strip: number | 'input' | 'send' | 'master';
  slot: number;
}

/** Gains are linear. */
export type NativeEffect =
  | { kind: 'gain'; gain: number }
  | { kind: 'eq'; bands: readonly EqBand[] }
  | { kind: 'limiter'; ceilingDb: number }
  | {
      kind: 'reverb';
      /** A track at the rate of the sound, of 1, 2 (left, right) or 4 channels (LL, LR, RL, RR: from, to). */
      response: string;
      channels: number;
      edit: ResponseEdit;
      isLoudnessNormalised: boolean;
      mode: (typeof reverbModes)[number];
      /** Null: as the device has it. */
      blockSize: number | null;
      isThreaded: boolean;
      /** Of threaded tails; absent: the processor's. */
      gpu?: NativeTailGpu;
      dry: number;
      wet: number;
      isDryCompensated: boolean;
    };

/** Where a tail is computed. */
export interface NativeTailGpu {
  /** Id of a NativeGpu. */
  device: string;
  /** Of compiled pipelines. */
  cacheFolder: string;
}

/** All but `latencyFrames` is 0 for others than reverbs, but for `responseGain`. */
export interface NativeEffectFacts {
  latencyFrames: number;
  /** With the edits. */
  responseFrames: number;
  /** Linear: what normalising came to. */
  responseGain: number;
  /** Linear: what `dry` came to. */
  dry: number;
  blockSize: number;
  readSeconds: number;
  prepareSeconds: number;
  warmUpSeconds: number;
  /** Time that the audio thread takes for it over the time there is, as measured before it was heard. */
  load: number;
  /** Of one block. */
  worstLoad: number;
  /** What a device has of the tail. `device`: its name; empty: nothing, and where one was asked for `fault` says why. `frames`: of the response. */
  gpu: { device: string; fault: string; partitions: number; frames: number; warmUpSeconds: number; agreementDb: number };
}

export interface NativeResponseFacts {
  frames: number;
  /** Linear: what normalising takes. */
  loudnessGain: number;
  /** Per channel: lowest and highest sample of each column, in turn. */
  peaks: number[][];
  decay: { hz: number; seconds: number | null }[];
}

export interface MonitorSong {
  tracks: { path: string; channels: number; isGrowing: boolean; isSoloSafe: boolean; strip: MonitorStrip }[];
  rate: number;
  /** Of the growing tracks; null: nothing yet. */
  finished: [number, number][] | null;
  /** Where to stand, not playing; null: where the song before is, playing on if that plays. */
  position: number | null;
  /** Of the tracks; heard from the first frame on. Those that cannot be had are left out: `setEffect` says why. */
  effects?: { place: InsertPlace; effect: NativeEffect }[];
}

export interface MonitorStrip {
  /** Linear. */
  gain: number;
  /** −1 to 1, as Web Audio's StereoPanner. */
  pan: number;
  isMuted: boolean;
  isSolo: boolean;
}

/** Linear. */
export interface MonitorLevels {
  /** Left and right; falls by 20 dB a second. */
  peak: [number, number];
  /** Over the last 0.3 s or so. */
  rms: [number, number];
  /** The highest since `resetCounters`, between the samples too. */
  truePeak: number;
}

export interface MonitorMeters {
  /** What is heard now, in frames of the song; a fraction. */
  position: number;
  isPlaying: boolean;
  /** Time stands still until the disk has delivered. */
  isWaiting: boolean;
  /** Songs that have been put in place so far. */
  songs: number;
  blocks: number;
  /** Time the engine takes over the time there is, of the last second; and of the worst block. */
  loadMean: number;
  loadWorst: number;
  /** Blocks whose computing took longer than they last. */
  overloads: number;
  /** Those of them whose own processor time did, and the worst block's: the rest were held up by the machine. */
  ownOverloads: number;
  ownLoadWorst: number;
  /** Blocks that the device dropped or repeated. */
  xruns: number;
  /** Times that playing stopped for the disk. */
  lateReads: number;
  /** Stretches that could not be read, and play as silence. */
  readFaults: number;
  /** Blocks of a strip that held NaN or infinity, and were muted. */
  nonFiniteBlocks: number;
  /** Frames that `readOutput` was too late for. */
  droppedOutput: number;
  inputLatencySeconds: number;
  outputLatencySeconds: number;
  /** False after the device went away. */
  isDeviceRunning: boolean;
  /** In the order of the song's tracks. */
  strips: MonitorLevels[];
  master: MonitorLevels;
  input: MonitorLevels;
  send: MonitorLevels;
  /** Of limiters and reverbs. */
  effects: { place: InsertPlace; reductionDb: number; missedBlocks: number; gpuBlocks: number; lateGpuBlocks: number; isGpuLost: boolean }[];
}

/** Work that `signal` stops; it is then rejected with the code 'cancelled'. */
interface Abortable {
  signal?: AbortSignal | undefined;
}

export interface NativeRhythm {
  /** 0: none was found. */
  bpm: number;
  /** 0 to 1. */
  confidence: number;
  /** Seconds, ascending. */
  beats: number[];
  /** The tonic is a pitch class from C on. */
  key: { tonic: number; isMinor: boolean; confidence: number } | null;
}

/** A median with its 95 % interval. */
export interface NativeBenchmarkEntry {
  name: string;
  unit: string;
  median: number;
  low: number;
  high: number;
  /** Of one run, of all its threads; null where they are not counted. */
  allocations: number | null;
}

export interface NativeInfo {
  version: string;
  isa: string;
  availableIsas: string[];
  /** Not empty when STEMWRIGHT_ISA names a level this processor lacks. */
  isaOverrideError: string;
  /** What multiplies models in bf16: 'avx512-bf16', 'amx'; empty: nothing does. */
  bf16: string;
  hardwareThreads: number;
}

export interface TrackWriter {
  /** f32le bytes; need not be whole frames, the rest waits for the next chunk. */
  append(chunk: Buffer): Promise<void>;
  finish(): Promise<TrackStats>;
  dispose(): void;
}

export interface TrackStats {
  frames: number;
  /** Mean and unbiased deviation of the average of the channels. */
  mean: number;
  std: number;
  peak: number;
  /** NaN and infinite samples, written as 0. */
  nonFinite: number;
}

export interface TrackMeasures {
  frames: number;
  /** Linear, per track. */
  peaks: number[];
  /** Samples beyond ±1, per track. */
  overs: number[];
  nonFinite: number[];
  referenceRms?: number;
  /** RMS of reference − Σ tracks. */
  nullRms?: number;
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
