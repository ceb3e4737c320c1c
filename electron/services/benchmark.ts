import type { BenchmarkEntry, BenchmarkReport } from '../contract/benchmark.ts';
import { cancelled, StemwrightError } from '../contract/errors.ts';
import { loadNative } from '../engine/load.ts';
import type { NativeModule } from '../engine/native.ts';
import { batchMeasurable } from './benchmark-batch.ts';
import { guideMeasurables, type GuideSetting } from './benchmark-guide.ts';
import { machineOf, measurables } from './benchmark-list.ts';
import { runPeers } from './benchmark-peers.ts';

export interface BenchmarkRun {
  /** Only benchmarks whose name matches. */
  filter: RegExp;
  threads: number;
  /** Against its rivals, instead of alone; `folder` holds their data. */
  peers?: { folder: string | null } | undefined;
  /** Told of each that cannot be measured here, and why. */
  onAbsent: (line: string) => void;
  /** With those of the house model on the demo song. */
  guide?: Omit<GuideSetting, 'native'>;
  signal: AbortSignal;
}

/** Runs benchmarks one after the other. @param onEntry called with each figure as it comes */
export async function runBenchmarks(run: BenchmarkRun, onEntry: (entry: BenchmarkEntry) => void, native: NativeModule = loadNative()): Promise<BenchmarkReport> {
  if (run.peers !== undefined) {
    const { filter, threads, signal, onAbsent } = run;
    const entries = await runPeers({ ...run.peers, native, filter, threads, signal, onAbsent, onEntry });
    return { machine: machineOf(native, run.threads), date: new Date().toISOString(), entries };
  }
  const all = [...measurables(native), batchMeasurable(native), ...(run.guide === undefined ? [] : guideMeasurables({ native, ...run.guide }))];
  const chosen = all.filter(({ name }) => run.filter.test(name));
  if (chosen.length === 0) {
    throw new StemwrightError('usage', `no benchmark matches ${run.filter.source}`, `There are: ${all.map(({ name }) => name).join('; ')}.`);
  }
  const entries: BenchmarkEntry[] = [];
  try {
    for (const measurable of chosen) {
      if (run.signal.aborted) {
        throw cancelled();
      }
      const absence = measurable.absent?.() ?? null;
      if (absence !== null) {
        run.onAbsent(`${measurable.name}: ${absence}`);
        continue;
      }
      for (const entry of await measurable.run(run.threads, run.signal)) {
        entries.push(entry);
        onEntry(entry);
      }
    }
  } finally {
    native.releaseBenchmarks();
  }
  return { machine: machineOf(native, run.threads), date: new Date().toISOString(), entries };
}
