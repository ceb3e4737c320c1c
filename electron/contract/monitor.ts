import { z } from 'zod';
import { EffectPlace, PlacedEffect, Send } from './effects.ts';
import { TrackKind } from './project.ts';
import { Id } from './queue.ts';
import { TimePitch } from './rhythm.ts';

const count = z.int().nonnegative();
/** Linear; 16 is about 24 dB. */
const gain = z.number().min(0).max(16);

/**
 * Sound devices as they are now, or, while one is open, as they were when it was opened; `problem` says why there are none to
 * choose from.
 */
export const SoundDevices = z.strictObject({
  devices: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      /** 'JACK', 'ALSA', 'Core Audio', … */
      system: z.string(),
      inputs: count,
      outputs: count,
      rate: z.number(),
      isDefault: z.boolean(),
    }),
  ),
  problem: z.string().nullable(),
  /** Something was plugged or unplugged since: `monitor.refreshDevices` looks anew. */
  isOutdated: z.boolean(),
});
export type SoundDevices = z.infer<typeof SoundDevices>;

export const MonitorChoice = z.strictObject({
  /** The id of a device; null: the default one; 'none': time passes and nothing is heard. */
  device: z.string().min(1).max(512).nullable(),
  /** Null: the device's own. A device that does not run at this rate keeps its own. */
  rate: z.int().min(8000).max(192_000).nullable(),
  /** Null: as the device likes it. */
  blockFrames: z.int().min(16).max(8192).nullable(),
  /** Channels of the live input. */
  inputs: z.int().min(0).max(2),
});
export type MonitorChoice = z.infer<typeof MonitorChoice>;

export const Strip = z.strictObject({ gain, pan: z.number().min(-1).max(1), isMuted: z.boolean(), isSolo: z.boolean() });
export type Strip = z.infer<typeof Strip>;

const MonitorTracks = z
  .array(z.strictObject({ kind: TrackKind, name: z.string().min(1).max(64), strip: Strip }))
  .max(26);

/**
 * Tracks of the song's own list; strips and meters are in this order. A solo does not mute the residual.
 * `project` may be the queue's running song, once its progress has `live`: its tracks are heard where they are final, and
 * go on as those of the project that it becomes, which has the same id and a residual too.
 */
export const MonitorLoad = z.strictObject({
  project: Id,
  tracks: MonitorTracks.min(1),
  /** In frames of the project, not playing; null: where the song before is, playing on if that plays. */
  position: count.nullable(),
});
export type MonitorLoad = z.infer<typeof MonitorLoad>;

/** From the output through a cable to the input, as measured. */
export const LoopbackLatency = z.strictObject({ frames: count, seconds: z.number().nonnegative() });
export type LoopbackLatency = z.infer<typeof LoopbackLatency>;

/** All that a page which comes late has to know. */
export const MonitorState = z.strictObject({
  /** What was asked for. */
  choice: MonitorChoice,
  /** The name of what is open. */
  device: z.string(),
  /** Nothing is heard: no sound device is in use. */
  isSilent: z.boolean(),
  rate: z.number(),
  /** Null: not the same for every block. */
  blockFrames: z.int().positive().nullable(),
  inputs: count,
  /** What `monitor.load` has loaded, with its strips as they are now. */
  project: Id.nullable(),
  tracks: MonitorTracks,
  input: Strip,
  /** Gain. */
  master: gain,
  /** In frames of the project. */
  loop: z.tuple([count, count]).nullable(),
  timePitch: TimePitch,
  /** Of the tracks that are loaded, the live input, the send bus and the master. */
  effects: z.array(PlacedEffect),
  sends: z.array(Send),
  /** Of this device, since it was opened. */
  loopback: LoopbackLatency.nullable(),
  /** What happened to the device that was chosen. */
  notice: z.string().nullable(),
});
export type MonitorState = z.infer<typeof MonitorState>;

const pair = z.tuple([z.number(), z.number()]);
/** Linear. */
const Levels = z.strictObject({ peak: pair, rms: pair, truePeak: z.number() });

/** About 30 times a second while a monitor is open and a page listens. */
export const Meters = z.strictObject({
  strips: z.array(Levels),
  master: Levels,
  input: Levels,
  send: Levels,
  /** Of limiters: what they take off now, dB, at most 0. Of reverbs: parts of the tail that came too late and were left out, parts that the GPU computed, and those that the CPU did as the GPU was late, busy or lost. */
  effects: z.array(z.strictObject({ place: EffectPlace, reductionDb: z.number(), missedBlocks: count, gpuBlocks: count, lateGpuBlocks: count, isGpuLost: z.boolean() })),
  /** Time the engine takes over the time there is: of the last second, and of the worst block. */
  loadMean: z.number(),
  loadWorst: z.number(),
  overloads: count,
  xruns: count,
  readFaults: count,
  nonFiniteBlocks: count,
  inputLatencySeconds: z.number(),
  outputLatencySeconds: z.number(),
});
export type Meters = z.infer<typeof Meters>;

export const TransportState = z.strictObject({
  project: Id.nullable(),
  /** What is heard now, in frames of the project; a fraction. */
  position: z.number().nonnegative(),
  isPlaying: z.boolean(),
  /** Time stands still until the disk has delivered. */
  isWaiting: z.boolean(),
  /** Times that playing stopped for the disk. */
  lateReads: count,
});
export type TransportState = z.infer<typeof TransportState>;
