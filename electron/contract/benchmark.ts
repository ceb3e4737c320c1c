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
