import type { BenchmarkState, SavedBenchmarks } from '../../store/types.ts';
import type { RowGroup } from './rows.ts';

const quoted = (value: string | number | null): string => {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** As RFC 4180 has it. @param compared the name of the run that it is held against; null: none */
export function csvOf(groups: readonly RowGroup[], compared: string | null): string {
  const head = ['group', 'test', 'unit', 'median', 'low', 'high', 'noise', 'allocations', ...(compared === null ? [] : [compared]), 'M4 Max (guide)'];
  const lines = groups.flatMap(({ title, rows }) =>
    rows.map(({ entry, before, guide }) => [title, entry.name, entry.unit, entry.median, entry.low, entry.high, entry.noise, entry.allocations, ...(compared === null ? [] : [before?.median ?? null]), guide]),
  );
  return `${[head, ...lines].map((line) => line.map(quoted).join(',')).join('\r\n')}\r\n`;
}

/** As `stemwright bench --json` writes it. */
export function jsonOf({ machine, results }: Pick<BenchmarkState | SavedBenchmarks, 'machine' | 'results'>, date: Date): string {
  return `${JSON.stringify({ machine, date: date.toISOString(), entries: results.flatMap(({ entries }) => entries) }, null, 2)}\n`;
}

/** Hands a file to whoever looks at the page. */
export function offer(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it up by then.
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 10_000);
}
