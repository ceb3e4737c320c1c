import { z } from 'zod';
import { AbsolutePath } from './queue.ts';
import { Title } from './project.ts';

const count = z.int().nonnegative();
const isBypassed = z.boolean();
/** A level; null: silence. */
const levelDb = z.number().min(-96).max(24).nullable();

/** Slots of a chain, in the order in which sound goes through them. */
export const chainSlots = 8;

/** Of a loaded track by its index, of the live input, of the send bus, of the master. */
export const EffectStrip = z.union([z.enum(['input', 'send', 'master']), z.int().min(0).max(25)]);
export type EffectStrip = z.infer<typeof EffectStrip>;

export const EffectPlace = z.strictObject({ strip: EffectStrip, slot: z.int().min(0).max(chainSlots - 1) });
export type EffectPlace = z.infer<typeof EffectPlace>;

export const filterKinds = ['lowpass', 'highpass', 'bandpass', 'notch', 'peak', 'lowshelf', 'highshelf'] as const;

/** A biquad of the RBJ cookbook. `gainDb` is that of peaks and shelves. A frequency near or beyond half the rate counts as just below it. */
export const EqBand = z.strictObject({
  kind: z.enum(filterKinds),
  hz: z.number().min(10).max(40_000),
  q: z.number().min(0.1).max(40),
  gainDb: z.number().min(-24).max(24),
  isOn: z.boolean(),
});
export type EqBand = z.infer<typeof EqBand>;

/** What is done to a response before it is heard, in this order. Times are seconds of the response as its file holds it, up to and with `isReversed`; after that as it is heard. */
export const ResponseEdit = z.strictObject({
  beginSeconds: z.number().min(0).max(120),
  /** Null: to its end. */
  endSeconds: z.number().positive().max(120).nullable(),
  isReversed: z.boolean(),
  /** Of time; pitch falls as time grows. */
  stretch: z.number().min(0.25).max(4),
  attackSeconds: z.number().min(0).max(60),
  /** It falls by a further 60 dB in this time; null: as it is. */
  decaySeconds: z.number().min(0.01).max(120).nullable(),
  /** 12 dB an octave; null: none. */
  lowCutHz: EqBand.shape.hz.nullable(),
  highCutHz: EqBand.shape.hz.nullable(),
  bands: z.array(EqBand).max(2),
  /** Of the stereo image: 0 mono, 1 as it is. */
  width: z.number().min(0).max(2),
  preDelaySeconds: z.number().min(0).max(10),
});
export type ResponseEdit = z.infer<typeof ResponseEdit>;

export const plainResponse: ResponseEdit = {
  ...{ beginSeconds: 0, endSeconds: null, isReversed: false, stretch: 1, attackSeconds: 0, decaySeconds: null },
  ...{ lowCutHz: null, highCutHz: null, bands: [], width: 1, preDelaySeconds: 0 },
};

/** One that comes with the studio, or a file. Of a pair of files such as `hall_L.wav` and `hall_R.wav` either stands for both. */
export const ResponseRef = z.union([z.strictObject({ id: z.string().min(1).max(64) }), z.strictObject({ path: AbsolutePath })]);
export type ResponseRef = z.infer<typeof ResponseRef>;

/**
 * How the convolution is computed; the sound is the same. `direct`: in the time domain, for short responses. `fft`: one
 * partition as long as the response. `uniform`: partitions of `blockSize`, which is the latency. `partitioned`: partitions
 * that grow from `blockSize`, without latency.
 */
export const reverbModes = ['direct', 'fft', 'uniform', 'partitioned'] as const;
export const reverbBlocks = [64, 128, 256, 512, 1024, 2048, 4096, 8192] as const;

export const ReverbEffect = z.strictObject({
  kind: z.literal('reverb'),
  isBypassed,
  response: ResponseRef,
  edit: ResponseEdit,
  mode: z.enum(reverbModes),
  /** Null: the device's own. */
  blockSize: z.literal(reverbBlocks).nullable(),
  /** Long tails of `partitioned` are computed beside the audio thread; else by it alone. */
  isThreaded: z.boolean(),
  /** What computes those tails. A GPU that cannot be had, or is late, leaves them to the CPU; prints are the CPU's. */
  backend: z.enum(['cpu', 'gpu']).default('cpu'),
  /** `loudness`: noise through the response comes out as loud as it went in. */
  normalize: z.enum(['none', 'loudness']),
  dryDb: levelDb,
  wetDb: levelDb,
  /** The dry sound gives way as the wet one rises, so that noise comes out as loud as `dryDb` alone would make it. */
  isDryCompensated: z.boolean(),
});

export const Effect = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('gain'), isBypassed, gainDb: z.number().min(-96).max(24) }),
  z.strictObject({ kind: z.literal('eq'), isBypassed, bands: z.array(EqBand).max(8) }),
  ReverbEffect,
  z.strictObject({ kind: z.literal('limiter'), isBypassed, ceilingDb: z.number().min(-24).max(0) }),
]);
export type Effect = z.infer<typeof Effect>;
export type ReverbEffect = z.infer<typeof ReverbEffect>;

/** What is told of a reverb once it is prepared. */
const ReverbFacts = z.strictObject({
  name: z.string(),
  channels: count,
  /** As it is heard, pre-delay included. */
  seconds: z.number(),
  /** What normalising does to the response; 0 without. */
  responseGainDb: z.number(),
  /** What the dry sound is turned to, compensation included; null: silence. */
  dryDb: z.number().nullable(),
  /** What `blockSize` came to. */
  blockSize: count,
  /** Reading and editing the response, transforming it, and running it for the first time before it is heard. */
  readSeconds: z.number(),
  prepareSeconds: z.number(),
  warmUpSeconds: z.number(),
  /** Time that the audio thread takes for it over the time there is, as measured before it was heard. */
  load: z.number(),
  /** Where the GPU was asked for, and can have a part: what it has of the tail. */
  gpu: z
    .strictObject({
      /** Empty: the CPU computes everything, as `fault` says. */
      device: z.string(),
      fault: z.string(),
      partitions: count,
      /** Of the response. */
      seconds: z.number(),
      /** Opening it, building its pipelines, and its first blocks, which are compared with the CPU's. */
      warmUpSeconds: z.number(),
      agreementDb: z.number(),
    })
    .nullable(),
});
export type ReverbFacts = z.infer<typeof ReverbFacts>;

/** Shares of the time there is, of the audio thread: on average, and in the worst block. */
export const ModeLoad = z.strictObject({ mode: z.enum(reverbModes), load: z.number(), worstLoad: z.number(), latencySeconds: z.number() });
export type ModeLoad = z.infer<typeof ModeLoad>;

export const PlacedEffect = z.strictObject({
  place: EffectPlace,
  effect: Effect,
  /** Frames by which sound comes out late; 0 while it is bypassed or faulty. */
  latencyFrames: count,
  /** Null for other kinds, and while it is faulty. */
  reverb: ReverbFacts.nullable(),
  /** Why it is not heard: a response that is missing. Null: all is well. */
  fault: z.string().nullable(),
});
export type PlacedEffect = z.infer<typeof PlacedEffect>;

/** Into the send bus, after the strip's own fader. Linear; strips that are not named send nothing. */
export const Send = z.strictObject({ strip: z.union([z.literal('input'), z.int().min(0).max(25)]), gain: z.number().min(0).max(16) });
export type Send = z.infer<typeof Send>;

/** The name is the key; saving under a name again replaces it. Null: an empty slot. */
export const ChainPreset = z.strictObject({ name: Title, effects: z.array(Effect.nullable()).max(chainSlots) });
export type ChainPreset = z.infer<typeof ChainPreset>;

export const LibraryResponse = z.strictObject({
  response: ResponseRef,
  name: z.string(),
  /** `bundled`, `imported`, or the folder of the user's own that it lies in, from there on. */
  source: z.enum(['bundled', 'imported', 'folder']),
  /** What it is listed under: 'hall', 'room', …; for files the folder. */
  group: z.string(),
  isFavourite: z.boolean(),
  /** Null until the file has been looked at; `responses` tells when more is known. */
  facts: z.strictObject({ channels: count, rate: count, seconds: z.number(), /** Of the octaves at 500 and 1000 Hz; null: it does not fall far enough. */ decaySeconds: z.number().nullable() }).nullable(),
  /** Why the file cannot be used. */
  fault: z.string().nullable(),
});
export type LibraryResponse = z.infer<typeof LibraryResponse>;

export const ResponseLibrary = z.strictObject({
  /** Those that match, by group and name. */
  responses: z.array(LibraryResponse),
  /** The user's own folders, and whether each can be read now. */
  folders: z.array(z.strictObject({ path: AbsolutePath, fault: z.string().nullable() })),
});
export type ResponseLibrary = z.infer<typeof ResponseLibrary>;

/** All that is shown of one response. */
export const ResponseFacts = z.strictObject({
  name: z.string(),
  /** Empty for one that comes with the studio. */
  files: z.array(AbsolutePath),
  /** Of the file. */
  rate: count,
  /** 1, 2 (left, right) or 4 (true stereo: LL, LR, RL, RR). */
  channels: count,
  /** Of the file, and with the edits. */
  fileSeconds: z.number(),
  seconds: z.number(),
  /** What normalising would do to it, with the edits. */
  loudnessGainDb: z.number(),
  /** Per channel, with the edits: the lowest and the highest sample of each of `peakColumns` parts, in turn. Linear. */
  peaks: z.array(z.array(z.number())),
  /** RT60 with the edits; null where it does not fall far enough. */
  decay: z.array(z.strictObject({ hz: z.number(), seconds: z.number().nullable() })),
});
export type ResponseFacts = z.infer<typeof ResponseFacts>;

export const peakColumns = 512;
