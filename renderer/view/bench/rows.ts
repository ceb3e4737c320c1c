import { figureParts, type BenchmarkEntry, type BenchmarkList, type BenchmarkResult } from '../../store/types.ts';
import { guideFigures } from './guide.ts';

export interface Row {
  /** The entry's name. */
  name: string;
  benchmark: string;
  meaning: string;
  group: string;
  entry: BenchmarkEntry;
  median: string;
  /** With its sign; empty where nothing varies. */
  spread: string;
  /** Of the run that it is held against. */
  before: BenchmarkEntry | null;
  change: Change | null;
  /** Of the guide's machine. */
  guide: number | null;
  /** Ours over the guide's. */
  share: number | null;
  isRough: boolean;
}

export interface Change {
  text: string;
  verdict: 'same' | 'better' | 'worse' | 'other';
  /** Of the median, signed. */
  share: number;
}

export interface RowGroup {
  id: string;
  title: string;
  meaning: string;
  rows: Row[];
  /** What could not be measured, and why. */
  faults: { benchmark: string; message: string }[];
}

export type SortKey = 'test' | 'median' | 'spread' | 'change' | 'allocations';
export interface Sorting {
  key: SortKey;
  isDescending: boolean;
}

/** Below this a change means nothing, however quiet the machine; it counts for more where the same work differs more from itself. */
const leastChange = 0.02;
const noiseFloor = 'noise floor';

/** More is better in these units; in what only counts, neither is. */
const moreIsBetter = /FLOP|GB\/s|real time$|^x real|SDR|^dB$/;
const neutral = /^(?:frames|rows|buffers|a second|)$/;

export function isMoreBetter(unit: string): boolean {
  return moreIsBetter.test(unit) && !unit.startsWith('%');
}

export function changeOf(now: BenchmarkEntry, before: BenchmarkEntry, floor = leastChange): Change | null {
  if (before.unit !== now.unit || before.median === 0) return null;
  const share = now.median / before.median - 1;
  const overlap = now.low <= before.high && before.low <= now.high;
  if (Math.abs(share) < floor || (overlap && now.high > now.low)) return { text: 'same', verdict: 'same', share };
  const text = `${share > 0 ? '+' : '−'}${Math.abs(share) < 9.995 ? `${Math.round(Math.abs(100 * share))} %` : `${Math.round(Math.abs(share) + 1)} x`}`;
  if (neutral.test(now.unit)) return { text, verdict: 'other', share };
  return { text, verdict: share > 0 === isMoreBetter(now.unit) ? 'better' : 'worse', share };
}

/** Results in the groups of the list. */
export function rowGroups(groups: BenchmarkList['groups'], results: readonly BenchmarkResult[], compared: readonly BenchmarkResult[]): RowGroup[] {
  const byName = new Map(results.map((result) => [result.benchmark, result]));
  const floors = [...results, ...compared].flatMap(({ entries }) => entries).filter(({ name }) => name === noiseFloor);
  const floor = Math.max(leastChange, ...floors.map(({ median }) => median / 100));
  const before = new Map(compared.flatMap(({ entries }) => entries.map((entry) => [entry.name, entry])));
  return groups.map(({ id, title, meaning, benchmarks }) => ({
    ...{ id, title, meaning },
    rows: benchmarks.flatMap((benchmark) => {
      const result = byName.get(benchmark.name);
      return (result?.entries ?? []).map((entry) => rowOf(entry, { benchmark: benchmark.name, meaning: benchmark.meaning, group: id, isRough: result?.isRough ?? false }, before.get(entry.name) ?? null, floor));
    }),
    faults: benchmarks.flatMap(({ name }) => {
      const fault = byName.get(name)?.fault ?? null;
      return fault === null ? [] : [{ benchmark: name, message: fault.message }];
    }),
  })).filter(({ rows, faults }) => rows.length + faults.length > 0);
}

function rowOf(entry: BenchmarkEntry, about: Pick<Row, 'benchmark' | 'meaning' | 'group' | 'isRough'>, before: BenchmarkEntry | null, floor: number): Row {
  const { median, spread } = figureParts(entry);
  const guide = guideFigures[entry.name] ?? null;
  return {
    ...about,
    ...{ name: entry.name, entry, median, spread: spread === null ? '' : `± ${spread}`, before },
    change: before === null ? null : changeOf(entry, before, floor),
    guide,
    share: guide === null ? null : entry.median / guide,
  };
}

const sortValues: Readonly<Record<Exclude<SortKey, 'test'>, (row: Row) => number>> = {
  median: ({ entry }) => entry.median,
  spread: ({ entry }) => entry.noise,
  change: ({ change }) => change?.share ?? -Infinity,
  allocations: ({ entry }) => entry.allocations ?? -1,
};

/** Within each group: figures of different groups have nothing to do with each other. */
export function sorted(rows: readonly Row[], { key, isDescending }: Sorting): Row[] {
  const direction = isDescending ? -1 : 1;
  if (key === 'test') return isDescending ? rows.toReversed() : [...rows];
  const value = sortValues[key];
  return rows.toSorted((a, b) => direction * (value(a) - value(b)));
}

/** Rows whose bars can stand side by side with that row's: the same kind of work, in the same unit. */
export function familyOf(rows: readonly Row[], row: Row): Row[] {
  const kind = (text: string): string => text.replaceAll(/\d+(?:\.\d+)?/g, '#');
  const inGroup = rows.filter(({ group, entry }) => group === row.group && entry.unit === row.entry.unit);
  const siblings = new Set(inGroup.filter(({ benchmark }) => kind(benchmark) === kind(row.benchmark)).map(({ benchmark }) => benchmark));
  const suffix = (each: Row): string => each.name.slice(each.benchmark.length);
  return inGroup.filter((each) => siblings.has(each.benchmark) && (siblings.size === 1 || suffix(each) === suffix(row)));
}

/** What is left of names when what all of them begin and end with is said once. */
export function shortNames(names: readonly string[]): { title: string; labels: string[] } {
  const words = names.map((name) => name.split(/(?<=[ ,]) */).map((word) => word.trim()).filter((word) => word !== ''));
  const [first = []] = words;
  if (names.length < 2) return { title: names[0] ?? '', labels: names.map((name) => name) };
  let start = 0;
  while (start < first.length - 1 && words.every((each) => each[start] === first[start])) start += 1;
  let end = 0;
  while (end < first.length - start - 1 && words.every((each) => each.length > start + end + 1 && each.at(-1 - end) === first.at(-1 - end))) end += 1;
  const title = [...first.slice(0, start), ...first.slice(first.length - end)].join(' ').replace(/,$/, '');
  return { title, labels: words.map((each) => each.slice(start, each.length - end).join(' ').replace(/,$/, '')) };
}
