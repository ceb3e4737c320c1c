import { z } from 'zod';

export const separationModes = ['full', 'time-only'] as const;
export const SeparationMode = z.enum(separationModes);
export type SeparationMode = z.infer<typeof SeparationMode>;

/** SDR = 10 log10(Σ s² / Σ (s − e)²) over a track, median over `n` tracks, dB. `mix` takes the mixture as the estimate. */
/** SDR = 10 log10(Σ s² / Σ (s − e)²) over a track, median over `n` tracks, dB; `mix` is the mixture as the estimate. */
const StemQuality = z.strictObject({
  set: z.string(),
  stem: z.string(),
  n: z.int().positive(),
  mix: z.number(),
  full: z.number(),
  timeOnly: z.number(),
});

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
  trainingSources: z.array(z.strictObject({ name: z.string(), use: z.string(), licence: z.string() })),
  quality: z.array(StemQuality),
  limits: z.array(z.string()),
});
export type ModelCard = z.infer<typeof ModelCard>;

/** One line of `models list`. */
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
});
export type ModelDescriptor = z.infer<typeof ModelDescriptor>;
