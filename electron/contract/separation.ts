import { z } from 'zod';
import { SeparationMode } from './model.ts';

export const stemFormats = ['wav16', 'wav24', 'wav32f', 'flac', 'mp3', 'm4a', 'opus'] as const;
export const StemFormat = z.enum(stemFormats);
export type StemFormat = z.infer<typeof StemFormat>;

export const clipModes = ['float', 'clamp', 'rescale'] as const;
export const ClipMode = z.enum(clipModes);
export type ClipMode = z.infer<typeof ClipMode>;

export const Dither = z.enum(['triangular', 'shaped', 'none']);
export type Dither = z.infer<typeof Dither>;

/** What a model's products are computed in. */
export const precisions = ['fp32', 'bf16'] as const;
export const Precision = z.enum(precisions);
export type Precision = z.infer<typeof Precision>;

/** How group normalisation sums: plainly, with Kahan's compensation, or with Welford's running mean. */
export const groupNorms = ['standard', 'kahan', 'welford'] as const;
export const GroupNorm = z.enum(groupNorms);
export type GroupNorm = z.infer<typeof GroupNorm>;

/** What to separate a song into, and how. `null` means: decided from the song or the model. */
export const SeparationOptions = z.strictObject({
  /** Absolute path of the folder that gets `<song name>/`. */
  out: z.string(),
  /** A model's id, or the path of a weights file. */
  model: z.string().min(1),
  mode: SeparationMode,
  stems: z.array(z.string()).min(1).nullable(),
  twoStems: z.string().nullable(),
  format: StemFormat.nullable(),
  clipMode: ClipMode.nullable(),
  rate: z.union([z.literal('source'), z.int().min(8000).max(192_000)]),
  segmentSeconds: z.number().min(1).max(120).nullable(),
  overlap: z.number().min(0).max(0.95),
  shifts: z.int().min(0).max(100),
  seed: z.int().min(0).max(0xffff_ffff),
  exactSum: z.boolean(),
  precision: Precision,
  groupNorm: GroupNorm,
  backend: z.enum(['auto', 'cpu', 'gpu']),
  threads: z.int().min(1).max(1024).nullable(),
  /** Absolute path of a Chrome trace to write. */
  trace: z.string().nullable(),
});
export type SeparationOptions = z.infer<typeof SeparationOptions>;

const WarningCode = z.enum([
  'truncated',
  'damaged',
  'non-finite',
  'downmixed',
  'several-streams',
  'rate-changed',
  'float-format',
  'clipped',
  'rescaled',
  'unproven-mode',
  'gpu-refused',
  'gpu-lost',
  'gpu-held',
  'cover-skipped',
]);
export const Warning = z.strictObject({ code: WarningCode, message: z.string() });
export type Warning = z.infer<typeof Warning>;

const count = z.int().nonnegative();

export const StemReport = z.strictObject({
  name: z.string(),
  path: z.string(),
  rate: count,
  channels: count,
  /** Per channel. */
  samples: count,
  /** dBFS before any clipping; null for digital silence. */
  peakDb: z.number().nullable(),
  clippedSamples: count,
});
export type StemReport = z.infer<typeof StemReport>;

/** `separation.json`, and the line that `--json` prints. */
export const SeparationReport = z.strictObject({
  version: z.literal(1),
  input: z.strictObject({
    path: z.string(),
    rate: count,
    channels: count,
    samples: count,
    tags: z.record(z.string(), z.string()),
  }),
  model: z.strictObject({ id: z.string(), sha256: z.string(), sources: z.array(z.string()) }),
  mode: SeparationMode,
  backend: z.enum(['cpu', 'gpu']),
  device: z.string(),
  precision: Precision,
  groupNorm: GroupNorm,
  threads: count,
  segmentSeconds: z.number(),
  overlap: z.number(),
  shifts: count,
  exactSum: z.boolean(),
  stems: z.array(StemReport),
  /** RMS of input − Σ all stems, dBFS, before coding; null when the sum is bit-exact. */
  nullDepthDb: z.number().nullable(),
  audioSeconds: z.number(),
  /** From the start of decoding to the last byte written; loading the model is in `loadSeconds`. */
  seconds: z.number(),
  loadSeconds: z.number(),
  realtimeFactor: z.number(),
  peakRssBytes: count,
  warnings: z.array(Warning),
});
export type SeparationReport = z.infer<typeof SeparationReport>;

/** As `separation.json` may have been written before its last field was added: all were made with Welford then. */
export const StoredReport = SeparationReport.extend({ groupNorm: GroupNorm.default('welford') });

const separationPhases = ['load', 'decode', 'resample', 'separate', 'finish', 'encode'] as const;

/** How far a separation has come. `fraction` is of its phase. */
export const SeparationProgress = z.strictObject({
  phase: z.enum(separationPhases),
  fraction: z.number().min(0).max(1),
  etaSeconds: z.number().nonnegative().nullable(),
  /** Frame ranges [start, end) of the stems, at the model's rate, that are final. */
  finished: z.array(z.tuple([count, count])),
});
export type SeparationProgress = z.infer<typeof SeparationProgress>;
