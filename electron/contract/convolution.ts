import { z } from 'zod';
import { Warning } from './separation.ts';

export const convolutionModes = ['direct', 'fft', 'partitioned'] as const;

/** Block sizes: powers of two. */
export const convolutionBlocks = [64, 128, 256, 512, 1024, 2048, 4096, 8192] as const;

export const ConvolutionOptions = z.strictObject({
  /** Absolute paths; `out` is the file to write. */
  input: z.string(),
  ir: z.string(),
  out: z.string(),
  mode: z.enum(convolutionModes),
  block: z.literal(convolutionBlocks),
  /** Linear gains. */
  wet: z.number(),
  dry: z.number(),
  /** `loudness`: the response is made as loud as none. */
  normalize: z.enum(['none', 'loudness']),
  /** `gpu`: by transforms on a GPU, whatever the mode and block. */
  backend: z.enum(['cpu', 'gpu']),
});
export type ConvolutionOptions = z.infer<typeof ConvolutionOptions>;

const count = z.int().nonnegative();
const Sound = { path: z.string(), rate: count, channels: count, samples: count };

/** The line that `convolve --json` prints. */
export const ConvolutionReport = z.strictObject({
  version: z.literal(1),
  input: z.strictObject(Sound),
  /** As resampled to the input's rate; `fileRate` is its own. */
  ir: z.strictObject({ ...Sound, fileRate: count }),
  /** dBFS; null for digital silence. */
  output: z.strictObject({ ...Sound, peakDb: z.number().nullable() }),
  mode: z.enum(convolutionModes),
  block: z.literal(convolutionBlocks),
  wet: z.number(),
  dry: z.number(),
  /** What normalising added to `wet`; null when it was not asked for. */
  normalizeGainDb: z.number().nullable(),
  /** What convolved the last of it; a GPU by its name, null for the processor. */
  gpu: z.string().nullable(),
  audioSeconds: z.number(),
  /** From the start of decoding to the last byte written. */
  seconds: z.number(),
  realtimeFactor: z.number(),
  peakRssBytes: count,
  warnings: z.array(Warning),
});
export type ConvolutionReport = z.infer<typeof ConvolutionReport>;

/** How far a convolution has come. `fraction` is of its phase. */
export interface ConvolutionProgress {
  phase: 'decode' | 'convolve' | 'encode';
  fraction: number;
  etaSeconds: number | null;
}

/** assets/irs/irs.json: the responses that come with the studio. */
export const ResponseCards = z.strictObject({
  version: z.literal(1),
  madeBy: z.string(),
  responses: z.array(
    z.strictObject({
      id: z.string(),
      /** Beside the card. */
      file: z.string(),
      name: z.string(),
      kind: z.enum(['room', 'hall', 'plate', 'spring']),
      channels: z.literal([1, 2, 4]),
      rate: count,
      seconds: z.number().positive(),
      /** SPDX. */
      licence: z.string(),
      made: z.string(),
    }),
  ),
});
