import { z } from 'zod';

export const separationModes = ['full', 'time-only'] as const;
export const SeparationMode = z.enum(separationModes);
export type SeparationMode = z.infer<typeof SeparationMode>;

/** SDR = 10 log10(Σ s² / Σ (s − e)²) over a track, median over `n` tracks, dB; `mix` is the mixture as the estimate. */
const StemQuality = z.strictObject({
  set: z.string(),
  stem: z.string(),
  n: z.int().positive(),
  mix: z.number(),
  full: z.number(),
  timeOnly: z.number(),
});
export type StemQuality = z.infer<typeof StemQuality>;

/** SDR of each stem in dB on a public set of songs, as the model's makers published it. */
export const PublishedQuality = z.strictObject({ set: z.string(), stems: z.record(z.string(), z.number()) });
export type PublishedQuality = z.infer<typeof PublishedQuality>;

const TrainingSource = z.strictObject({ name: z.string(), use: z.string(), licence: z.string() });

/** What a person should know before using a model: `<id>.json` beside its weights. */
export const ModelCard = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/),
  name: z.string(),
  version: z.string(),
  description: z.string(),
  sources: z.array(z.string()).min(1).max(8),
  sampleRate: z.int().positive(),
  /** Seconds: [numerator, denominator]. */
  segment: z.tuple([z.int().positive(), z.int().positive()]),
  modes: z.array(SeparationMode).min(1),
  parameters: z.int().positive(),
  /** Of the weights' file. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  licence: z.string(),
  trainingSources: z.array(TrainingSource),
  quality: z.array(StemQuality),
  limits: z.array(z.string()),
});
export type ModelCard = z.infer<typeof ModelCard>;

/** One line of `models list`. What nobody has said or measured is null or empty. */
export const ModelDescriptor = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  licence: z.string(),
  sources: z.array(z.string()),
  modes: z.array(SeparationMode),
  bytes: z.int().nonnegative(),
  builtIn: z.boolean(),
  path: z.string(),
  version: z.string().nullable(),
  /** Null where the file cannot be read. */
  parameters: z.int().nonnegative().nullable(),
  /** Measured here, as the model's card states it. */
  quality: z.array(StemQuality),
  published: PublishedQuality.nullable(),
  limits: z.array(z.string()),
  trainingSources: z.array(TrainingSource),
});
export type ModelDescriptor = z.infer<typeof ModelDescriptor>;
