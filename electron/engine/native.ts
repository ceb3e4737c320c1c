import type { ResponseEdit } from '../contract/effects.ts';
import type { EngineMemory, GpuCalibration, GpuOperation, GpuUsage, HardwareProfile, HardwareState } from '../contract/hardware.ts';
import type { Systems } from './systems.ts';
import type { AudioDevice, AudioDeviceChanges, MonitorSpec, NativeMonitor, NativeResponseFacts } from './native-sound.ts';
import type { Abortable, ModelSpec, NativeConvolutionSpec, NativeGpu, NativeJob, NativeModel, NativePrintSpec, NativeSeparationEvent, NativeSeparationSpec } from './native-jobs.ts';

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
  /** `shaders`: another for any change of what runs on them. */
  gpuDevices(): { devices: NativeGpu[]; reason: string; shaders: string };
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
