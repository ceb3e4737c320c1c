import { z } from 'zod';

/** One figure: a median and the 95 % interval of that median. */
export const BenchmarkEntry = z.strictObject({
  name: z.string(),
  unit: z.string(),
  median: z.number(),
  low: z.number(),
  high: z.number(),
  /** Half the interval as a share of the median. */
  noise: z.number(),
  /** Allocations during one run; null where they are not counted. */
  allocations: z.number().int().nullable(),
  /** The rival that was measured in turn with ours, and ours over its median; null without one. */
  peer: z.string().nullable(),
  ratio: z.number().nullable(),
});
export type BenchmarkEntry = z.infer<typeof BenchmarkEntry>;

export const BenchmarkReport = z.strictObject({
  machine: z.strictObject({ cpu: z.string(), isa: z.string(), threads: z.number().int(), memoryBytes: z.number(), system: z.string() }),
  /** ISO 8601. */
  date: z.string(),
  entries: z.array(BenchmarkEntry),
});
export type BenchmarkReport = z.infer<typeof BenchmarkReport>;
