import { z } from 'zod';
import { Fault } from './errors.ts';
import { SeparationMode } from './model.ts';
import { GroupNorm, Precision, SeparationOptions, SeparationProgress, Warning } from './separation.ts';

/** What the studio gives out as a name of something: never a path. */
export const Id = z.uuid();

export const AbsolutePath = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^(?:\/|[A-Za-z]:[\\/]|\\\\)[^\0]*$/);

/** How a song in the queue is separated. `null` means: decided from the model or the settings. */
export const QueueOptions = SeparationOptions.pick({
  mode: true,
  segmentSeconds: true,
  overlap: true,
  shifts: true,
  seed: true,
  exactSum: true,
  precision: true,
  groupNorm: true,
  threads: true,
}).extend({
  /** A model's id. */
  model: z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/),
  stems: z.array(z.string().min(1).max(64)).min(1).max(16).nullable(),
});
export type QueueOptions = z.infer<typeof QueueOptions>;

export const defaultQueueOptions: QueueOptions = {
  ...{ model: 'house', mode: 'full', stems: null, segmentSeconds: null },
  ...{ overlap: 0.25, shifts: 0, seed: 0, exactSum: false },
  ...{ precision: 'fp32', groupNorm: 'welford', threads: null },
};

/** As files may hold them from before the two were a choice. */
export const StoredQueueOptions = QueueOptions.extend({ precision: Precision.default('fp32'), groupNorm: GroupNorm.default('welford') });

const count = z.int().nonnegative();

/** What a file says of itself. */
const MediaSummary = z.strictObject({
  title: z.string(),
  /** Null where only decoding can tell. */
  seconds: z.number().nonnegative().nullable(),
  container: z.string(),
  codec: z.string(),
  rate: count,
  channels: count,
  bytes: count,
});
export type MediaSummary = z.infer<typeof MediaSummary>;

/** What separating a song would take. Null where neither the file nor this machine has told yet; `plans` says when it has. */
export const ItemPlan = z.strictObject({
  media: MediaSummary,
  stems: z.array(z.string()),
  backend: z.enum(['cpu', 'gpu']),
  segmentSeconds: z.number().positive(),
  /** Whether segments are shorter than asked for, to stay within the memory budget. */
  isSegmentLimited: z.boolean(),
  predicted: z.strictObject({
    seconds: z.number().nonnegative().nullable(),
    /** Whether other programs kept the machine busy when that was measured: it may well be faster. */
    isRough: z.boolean(),
    memoryBytes: count.nullable(),
    diskBytes: count.nullable(),
  }),
  /** In the folder where the project will lie. */
  freeDiskBytes: count,
});
export type ItemPlan = z.infer<typeof ItemPlan>;

/** A part of a project that is separated anew: frames [start, end), at the project's rate. */
export const Redo = z.strictObject({
  project: Id,
  start: count,
  end: z.int().positive(),
  /** Null: all of the project's. */
  stems: z.array(z.string().min(1).max(64)).min(1).max(16).nullable(),
});
export type Redo = z.infer<typeof Redo>;

/** The song itself, named `original`, and the tracks that are being written: of full length from the start, silent where nothing is final yet. */
export const LiveTracks = z.strictObject({
  rate: count,
  channels: count,
  frames: count,
  /** Addresses relative to the page's: interleaved f32le, and its peaks (native/pcm/peaks.h says how they lie). */
  tracks: z.array(z.strictObject({ name: z.string(), samples: z.string(), peaks: z.string() })),
});
export type LiveTracks = z.infer<typeof LiveTracks>;

/**
 * `interrupted`: the program ended while the item was running. It, `failed` and `cancelled` can be retried; none of them
 * leaves a project.
 */
export const ItemState = z.enum(['waiting', 'running', 'done', 'failed', 'cancelled', 'interrupted']);
export type ItemState = z.infer<typeof ItemState>;

export const QueueItem = z.strictObject({
  id: Id,
  path: AbsolutePath,
  title: z.string(),
  /** ISO 8601. */
  addedAt: z.string(),
  options: QueueOptions,
  /** Null for a song. */
  redo: Redo.nullable(),
  state: ItemState,
  /** Of a failed item: what happened. */
  fault: Fault.nullable(),
  /** Of an item that is done. A part that was done anew gives the project that it belongs to. */
  project: Id.nullable(),
  warnings: z.array(Warning),
});
export type QueueItem = z.infer<typeof QueueItem>;

/** The whole queue, in the order in which it is worked through. */
export const Queue = z.strictObject({
  /** False: nothing new is begun; what runs goes on. */
  active: z.boolean(),
  items: z.array(QueueItem),
});
export type Queue = z.infer<typeof Queue>;

/**
 * How far the running item has come. `live` appears with the first finished segment of a song; its addresses answer until
 * the next song is about to be separated, so that playing need not stop while the project opens.
 */
export const ItemProgress = z.strictObject({
  id: Id,
  mode: SeparationMode,
  progress: SeparationProgress,
  live: LiveTracks.nullable(),
});
export type ItemProgress = z.infer<typeof ItemProgress>;
