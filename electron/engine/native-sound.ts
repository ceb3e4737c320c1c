import type { EqBand, ResponseEdit, reverbModes } from '../contract/effects.ts';

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
