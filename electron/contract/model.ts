import { z } from 'zod';

export const separationModes = ['full', 'time-only'] as const;
export const SeparationMode = z.enum(separationModes);
export type SeparationMode = z.infer<typeof SeparationMode>;

/** A stem's name becomes a file name, so it is held to what every file system takes. */
export const SourceName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}[A-Za-z0-9]$|^[A-Za-z0-9]$/, 'a source name has 1 to 64 letters, digits, spaces or _.-');

const positive = z.int().positive();

/** HTDemucs' constructor arguments under camel-case names, the defaults filled in. */
export const ModelConfig = z.strictObject({
  sources: z.array(SourceName).min(1).max(8),
  audioChannels: z.union([z.literal(1), z.literal(2)]),
  sampleRate: z.int().min(8000).max(192_000),
  /** Seconds as a fraction: [numerator, denominator]. */
  segment: z.tuple([positive, positive]),
  channels: positive,
  growth: z.number().positive(),
  depth: positive,
  nfft: positive,
  bottomChannels: z.int().nonnegative(),
  dconvMode: z.int().min(0).max(3),
  dconvDepth: positive,
  dconvComp: z.number().positive(),
  normStarts: z.int().nonnegative(),
  normGroups: positive,
  freqEmb: z.number().nonnegative(),
  embScale: z.number().positive(),
  embSmooth: z.boolean(),
  kernelSize: positive,
  stride: positive,
  context: z.int().nonnegative(),
  contextEnc: z.int().nonnegative(),
  rewrite: z.boolean(),
  tLayers: z.int().nonnegative(),
  tHeads: positive,
  tHiddenScale: z.number().positive(),
  tNormIn: z.boolean(),
  tNormOut: z.boolean(),
  tNormFirst: z.literal(true),
  tLayerScale: z.boolean(),
  tGelu: z.boolean(),
  tCrossFirst: z.boolean(),
  tMaxPeriod: z.number().positive(),
  tWeightPosEmbed: z.number(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

/** Where one tensor lies in its file. */
export const TensorEntry = z.strictObject({
  name: z.string(),
  dtype: z.enum(['F32', 'F16', 'BF16']),
  shape: z.array(z.int().nonnegative()),
  /** Bytes from the start of the file. */
  offset: z.int().nonnegative(),
  byteLength: z.int().nonnegative(),
});
export type TensorEntry = z.infer<typeof TensorEntry>;

/** What a person should know before using a model. Lies beside the weights as `<id>.json`. */
export const ModelCard = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  licence: z.string(),
  sources: z.array(SourceName).min(1).max(8),
  modes: z.array(SeparationMode).min(1),
  parameters: positive.optional(),
});
export type ModelCard = z.infer<typeof ModelCard>;

/** One line of `models list`. */
export const ModelDescriptor = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  licence: z.string(),
  sources: z.array(SourceName),
  modes: z.array(SeparationMode),
  bytes: z.int().nonnegative(),
  builtIn: z.boolean(),
  path: z.string(),
});
export type ModelDescriptor = z.infer<typeof ModelDescriptor>;
