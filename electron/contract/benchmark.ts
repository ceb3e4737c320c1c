import { z } from 'zod';
import { Fault } from './errors.ts';
import { Title } from './project.ts';

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

/** Median and spread, half of the interval, with as many places as the spread is certain of; no spread where nothing varies. */
export function figureParts({ median, low, high }: Pick<BenchmarkEntry, 'median' | 'low' | 'high'>): { median: string; spread: string | null } {
  const half = (high - low) / 2;
  if (!(half > 0)) return { median: plain(median, Number.isInteger(median) ? 0 : placesFor(median, 4)), spread: null };
  const places = Math.min(placesFor(half, 1), placesFor(median, 5));
  const spread = plain(half, places);
  return { median: plain(median, places), spread: Number(spread) === 0 ? plain(half, placesFor(half, 1)) : spread };
}

/** As in "2.1 µs (±0.1 µs)". */
export function figureText(entry: Pick<BenchmarkEntry, 'unit' | 'median' | 'low' | 'high'>): string {
  const { median, spread } = figureParts(entry);
  const short = entry.unit.split(' ')[0] ?? '';
  return `${median} ${entry.unit}`.trimEnd() + (spread === null ? '' : ` (±${`${spread} ${short}`.trimEnd()})`);
}

/** Decimal places that show so many significant digits. */
function placesFor(value: number, digits: number): number {
  return value === 0 ? 0 : Math.min(20, Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value)))));
}

function plain(value: number, places: number): string {
  return value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential(1) : value.toFixed(places);
}

const BenchmarkName = z.string().min(1).max(200);
export const BenchmarkNames = z.array(BenchmarkName).min(1).max(1000);

export const BenchmarkList = z.strictObject({
  groups: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      /** What the group measures, in plain words. */
      meaning: z.string(),
      benchmarks: z.array(
        z.strictObject({
          name: BenchmarkName,
          meaning: z.string(),
          /** What it took here the last time. */
          seconds: z.number().nullable(),
        }),
      ),
    }),
  ),
});
export type BenchmarkList = z.infer<typeof BenchmarkList>;

/** What a benchmark gave, the last time that it ran. */
export const BenchmarkResult = z.strictObject({
  benchmark: BenchmarkName,
  /** ISO 8601. */
  date: z.string(),
  entries: z.array(BenchmarkEntry),
  /** Why there are none. */
  fault: Fault.nullable(),
  /** Whether other programs kept the machine busy meanwhile. */
  isRough: z.boolean(),
});
export type BenchmarkResult = z.infer<typeof BenchmarkResult>;

export const BenchmarkProgress = z.strictObject({
  id: z.uuid(),
  state: z.enum(['running', 'done', 'cancelled']),
  names: z.array(BenchmarkName),
  /** How many of them have ended. */
  done: z.int().nonnegative(),
  current: BenchmarkName.nullable(),
  /** Null: not every one of them has run here before. */
  secondsLeft: z.number().nonnegative().nullable(),
  /** A song whose turn has come waits for the end. */
  isSongWaiting: z.boolean(),
});
export type BenchmarkProgress = z.infer<typeof BenchmarkProgress>;

export const BenchmarkState = z.strictObject({
  machine: BenchmarkReport.shape.machine,
  /** Of the last run since the studio was started. */
  progress: BenchmarkProgress.nullable(),
  /** Of this machine, in the order of the list. */
  results: z.array(BenchmarkResult),
});
export type BenchmarkState = z.infer<typeof BenchmarkState>;

export const SavedBenchmarks = z.strictObject({
  id: z.uuid(),
  name: Title,
  /** ISO 8601. */
  date: z.string(),
  machine: BenchmarkReport.shape.machine,
  results: z.array(BenchmarkResult),
});
export type SavedBenchmarks = z.infer<typeof SavedBenchmarks>;

export const SavedBenchmarksSummary = SavedBenchmarks.omit({ results: true }).extend({
  figures: z.int().nonnegative(),
  /** Measured on this machine, with its threads and instruction set of now. */
  isComparable: z.boolean(),
});
export type SavedBenchmarksSummary = z.infer<typeof SavedBenchmarksSummary>;

/** One thing that makes audio code fast, looked at on this machine. */
const AdviceItem = z.strictObject({
  id: z.string(),
  /** `unknown`: what it is judged by has not been measured here. */
  state: z.enum(['good', 'todo', 'none', 'unknown']),
  title: z.string(),
  /** The figure, and what to do where something is to be done. */
  detail: z.string(),
});

export const BenchmarkAdvice = z.strictObject({
  items: z.array(AdviceItem),
  /** What the next song will be separated with, and why. */
  choices: z.array(z.strictObject({ label: z.string(), value: z.string(), reason: z.string() })),
  /** Benchmarks that tell what is unknown. */
  unknown: z.array(BenchmarkName),
});
export type BenchmarkAdvice = z.infer<typeof BenchmarkAdvice>;
