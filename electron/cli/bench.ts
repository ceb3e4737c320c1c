import { writeFile } from 'node:fs/promises';
import type { BenchmarkEntry } from '../contract/benchmark.ts';
import { fromWriteError } from '../contract/errors.ts';
import { runBenchmarks } from '../services/benchmark.ts';
import { parseBench } from './arguments.ts';

export async function runBench(args: string[], folder: string, signal: AbortSignal): Promise<number> {
  const { json, peers, ...options } = parseBench(args, folder);
  const onAbsent = (absent: string): void => {
    process.stderr.write(`${absent}\n`);
  };
  const run = { ...options, signal, peers: peers === null ? undefined : { ...peers, onAbsent } };
  const report = await runBenchmarks(run, (entry) => {
    process.stdout.write(`${line(entry)}\n`);
  });
  if (json !== null) {
    await writeFile(json, `${JSON.stringify(report, null, 2)}\n`).catch((error: unknown) => {
      throw fromWriteError(error, json);
    });
  }
  return 0;
}

/** As in "HTDemucs 42 M, full: 2.52 s a segment (±0.05)". */
function line({ name, unit, median, low, high, peer, ratio }: BenchmarkEntry): string {
  const spread = high > low ? ` (±${((high - low) / 2).toPrecision(2)})` : '';
  const beside = peer === null || ratio === null ? '' : `, ${ratio.toFixed(2)} x ${peer}`;
  return `${name}: ${median.toPrecision(4)} ${unit}${spread}${beside}`;
}
