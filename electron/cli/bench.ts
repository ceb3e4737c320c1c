import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { figureText, type BenchmarkEntry } from '../contract/benchmark.ts';
import { fromWriteError } from '../contract/errors.ts';
import { runBenchmarks } from '../services/benchmark.ts';
import { tracerFor } from '../services/trace.ts';
import { userModels } from '../services/user-models.ts';
import { parseBench } from './arguments.ts';

export async function runBench(args: string[], folder: string, signal: AbortSignal): Promise<number> {
  const { json, peers, trace, ...options } = parseBench(args, folder);
  const onAbsent = (absent: string): void => {
    process.stderr.write(`${absent}\n`);
  };
  const run = { ...options, signal, guide: { models: userModels(), folder: tmpdir() }, peers: peers ?? undefined, onAbsent };
  const tracer = tracerFor(trace);
  let last = performance.now();
  const report = await runBenchmarks(run, (entry) => {
    process.stdout.write(`${line(entry)}\n`);
    tracer.add(entry.name, last, performance.now());
    last = performance.now();
  });
  if (trace !== null) {
    await tracer.write(trace);
  }
  if (json !== null) {
    await writeFile(json, `${JSON.stringify(report, null, 2)}\n`).catch((error: unknown) => {
      throw fromWriteError(error, json);
    });
  }
  return 0;
}

/** As in "FFT 4096: 2.1 µs (±0.1 µs)". */
function line(entry: BenchmarkEntry): string {
  const { name, peer, ratio, allocations } = entry;
  const allocated = allocations === null || allocations === 0 ? '' : `, ${allocations} ${allocations === 1 ? 'allocation' : 'allocations'}`;
  const beside = peer === null || ratio === null ? '' : `, ${ratio.toFixed(2)} x ${peer}`;
  return `${name}: ${figureText(entry)}${allocated}${beside}`;
}
