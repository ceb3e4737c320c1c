import { z } from 'zod';
import { SeparationMode } from './model.ts';
import { AbsolutePath, Id } from './queue.ts';
import { TimePitch } from './rhythm.ts';
import { ClipMode, Dither, SeparationReport, StemFormat } from './separation.ts';

const count = z.int().nonnegative();
const seconds = z.number().nonnegative();
/** −1, left, to 1, right, as of a StereoPannerNode. */
const pan = z.number().min(-1).max(1);

/** Characters that a person sees as at least one mark, on one line. */
export const Title = z.string().trim().min(1).max(200).regex(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u);

const TrackName = z.string().regex(/^[^/\\\0]{1,64}$/);

/** `project.json` of version 1. Tracks lie at `original.f32`, `residual.f32` and `stems/<name>.f32`, each with its `.peaks` beside it. */
export const ProjectFile = z.strictObject({
  version: z.literal(1),
  id: Id,
  title: Title,
  /** ISO 8601. */
  createdAt: z.string(),
  /** The song's own file, which may have moved since; null for a song that was uploaded. */
  sourcePath: AbsolutePath.nullable(),
  rate: z.int().positive(),
  channels: z.union([z.literal(1), z.literal(2)]),
  frames: count,
  stems: z.array(TrackName).min(1).max(16),
  /** Tracks that were rendered through effects, at `prints/<name>.f32`; no part of the sum. Absent: none. */
  prints: z.array(TrackName).max(8).optional(),
});
export type ProjectFile = z.infer<typeof ProjectFile>;

/** A line of the library. A project that cannot be opened is listed with what is wrong with it. */
export const ProjectSummary = z.strictObject({
  id: Id,
  title: z.string(),
  createdAt: z.string(),
  seconds: z.number().nonnegative(),
  stems: z.array(z.string()),
  model: z.string(),
  bytes: count,
  /** Null for a song that was uploaded: nothing is missing then. */
  sourcePath: AbsolutePath.nullable(),
  sourceMissing: z.boolean(),
  /** Names of its own files that are gone. */
  missing: z.array(z.string()),
});
export type ProjectSummary = z.infer<typeof ProjectSummary>;

export const Library = z.strictObject({
  projects: z.array(ProjectSummary),
  /** Folders that look like projects but cannot be read, and why. */
  damaged: z.array(z.strictObject({ folder: z.string(), message: z.string() })),
});
export type Library = z.infer<typeof Library>;

/** Of a new track: as of a file, seen on one line. */
export const PrintName = z.string().trim().min(1).max(64).regex(/^[^./\\\p{Cc}\p{Zl}\p{Zp}][^/\\\p{Cc}\p{Zl}\p{Zp}]*$/u);

/** A `print` is a track that was rendered through its effects. */
export const TrackKind = z.enum(['original', 'stem', 'print', 'residual']);

const PrintedTrack = z.strictObject({ kind: TrackKind, name: z.string().min(1).max(64) });

/**
 * What a print is of: a track through its own effects, before its fader; or what the send bus or the master makes of tracks, each
 * through its effects, at its gain (linear) and as far as it sends.
 */
export const PrintSource = z.union([
  PrintedTrack,
  z.strictObject({ kind: z.enum(['send', 'master']), tracks: z.array(PrintedTrack.extend({ gain: z.number().min(0).max(16), pan })).min(1).max(26) }),
]);
export type PrintSource = z.infer<typeof PrintSource>;

/**
 * Addresses are relative to the page's; the first two answer ranges: interleaved f32le, and peaks (native/pcm/peaks.h).
 * `residual` is what the song has and no stem does.
 */
export const ProjectTrack = z.strictObject({
  name: z.string(),
  kind: TrackKind,
  samples: z.string(),
  peaks: z.string(),
  /**
   * `<spectrum>/<level>/<index>` answers a tile of 256 columns of 256 bytes, column after column. A column is one Hann frame
   * of 2048 of the mono mix about the middle of its own 512·2^level frames; its rows are log-spaced from 30 Hz to half the
   * rate, the lowest first; a byte is (dBFS + 120) / 120 · 255. The highest level is the first whose one tile covers all.
   */
  spectrum: z.string(),
});
export type ProjectTrack = z.infer<typeof ProjectTrack>;

/** How a project is heard and looked at. Seconds. */
export const Mix = z.strictObject({
  /** By track; those that are not named are as they come. */
  strips: z
    .record(z.string().max(64), z.strictObject({ gainDb: z.number().min(-120).max(24).nullable(), pan, isMuted: z.boolean(), isSolo: z.boolean() }))
    .refine((strips) => Object.keys(strips).length <= 32, 'more than 32 strips'),
  loop: z.tuple([seconds, seconds]).nullable(),
  isLooping: z.boolean(),
  /** Absent: as the song is. */
  timePitch: TimePitch.optional(),
  markers: z.array(z.strictObject({ id: z.string().min(1).max(64), seconds, label: z.string().max(200) })).max(1000),
});
export type Mix = z.infer<typeof Mix>;

/** A part of a project that was done anew. */
export const Edit = z.strictObject({
  id: Id,
  /** ISO 8601. */
  madeAt: z.string(),
  start: count,
  end: z.int().positive(),
  stems: z.array(z.string()),
  model: z.string(),
  mode: SeparationMode,
  /** False: it has been undone. */
  isApplied: z.boolean(),
});
export type Edit = z.infer<typeof Edit>;

export const Project = ProjectSummary.extend({
  folder: z.string(),
  rate: z.int().positive(),
  channels: z.union([z.literal(1), z.literal(2)]),
  frames: count,
  tracks: z.array(ProjectTrack),
  /** Names of prints that were made before a part of what they are of was done anew, or taken back. */
  stalePrints: z.array(z.string()),
  report: SeparationReport,
  /** Null: as it comes. */
  mix: Mix.nullable(),
  /** In the order in which they were made. A new one takes the place of those that were undone. */
  edits: z.strictObject({ canUndo: z.boolean(), canReapply: z.boolean(), list: z.array(Edit) }),
});
export type Project = z.infer<typeof Project>;

/** Without a `/`; `{song}` and `{stem}` are filled in. */
export const NamePattern = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^/\\\p{Cc}]*\{stem\}[^/\\\p{Cc}]*$/u);

/** One file of an export: a stem, or a sum of tracks. Gains are linear. */
const ExportPart = z.strictObject({
  name: z.string().min(1).max(64).regex(/^[^/\\\0]+$/),
  inputs: z.array(z.strictObject({ stem: z.string().min(1).max(64), gain: z.number().min(0).max(16), pan })).min(1).max(16),
});

export const ExportSpec = z.strictObject({
  project: Id,
  parts: z.array(ExportPart).min(1).max(32),
  /** Null: 24-bit WAV, or 32-bit float where that would clip. */
  format: StemFormat.nullable(),
  clipMode: ClipMode.nullable(),
  /** Of formats of integers; `shaped` is noise-shaped where there is a filter for the rate, else triangular. */
  dither: Dither,
  rate: z.union([z.literal('source'), z.int().min(8000).max(192_000)]),
  pattern: NamePattern,
  /** The folder that gets `<title>/`; null: kept until it is fetched from `downloads/<task>`. */
  folder: AbsolutePath.nullable(),
});
export type ExportSpec = z.infer<typeof ExportSpec>;
