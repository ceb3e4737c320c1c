import { z } from 'zod';
import { AbsolutePath, Id } from './queue.ts';
import { ClipMode, SeparationReport, StemFormat } from './separation.ts';

const count = z.int().nonnegative();

/** Characters that a person sees as at least one mark, on one line. */
export const Title = z.string().trim().min(1).max(200).regex(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u);

/** `project.json` of version 1. Tracks lie at `original.f32` and `stems/<name>.f32`, each with its `.peaks` beside it. */
export const ProjectFile = z.strictObject({
  version: z.literal(1),
  id: Id,
  title: Title,
  /** ISO 8601. */
  createdAt: z.string(),
  /** The song's own file, which may have moved since. */
  sourcePath: AbsolutePath,
  rate: z.int().positive(),
  channels: z.union([z.literal(1), z.literal(2)]),
  frames: count,
  stems: z.array(z.string().regex(/^[^/\\\0]{1,64}$/)).min(1).max(16),
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
  sourcePath: AbsolutePath,
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

/** Addresses are relative to the page's and answer ranges: interleaved f32le, and peaks (native/pcm/peaks.h). */
export const ProjectTrack = z.strictObject({
  name: z.string(),
  kind: z.enum(['original', 'stem']),
  samples: z.string(),
  peaks: z.string(),
});
export type ProjectTrack = z.infer<typeof ProjectTrack>;

export const Project = ProjectSummary.extend({
  folder: z.string(),
  rate: z.int().positive(),
  channels: z.union([z.literal(1), z.literal(2)]),
  frames: count,
  tracks: z.array(ProjectTrack),
  report: SeparationReport,
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
  inputs: z.array(z.strictObject({ stem: z.string().min(1).max(64), gain: z.number().min(0).max(16) })).min(1).max(16),
});

export const ExportSpec = z.strictObject({
  project: Id,
  parts: z.array(ExportPart).min(1).max(32),
  /** Null: 24-bit WAV, or 32-bit float where that would clip. */
  format: StemFormat.nullable(),
  clipMode: ClipMode.nullable(),
  rate: z.union([z.literal('source'), z.int().min(8000).max(192_000)]),
  pattern: NamePattern,
  /** The folder that gets `<title>/`; null: kept until it is fetched from `downloads/<task>`. */
  folder: AbsolutePath.nullable(),
});
export type ExportSpec = z.infer<typeof ExportSpec>;
