import { arch, cpus, platform, release, totalmem } from 'node:os';
import type { BenchmarkEntry, BenchmarkReport } from '../contract/benchmark.ts';
import { cancelled, StemwrightError } from '../contract/errors.ts';
import { fromNative } from '../engine/errors.ts';
import { loadNative } from '../engine/load.ts';
import type { NativeBenchmarkEntry, NativeModule } from '../engine/native.ts';
import { runPeers } from './benchmark-peers.ts';

export interface BenchmarkRun {
  /** Only benchmarks whose name matches. */
  filter: RegExp;
  threads: number;
  /** Against its rivals, instead of alone; `folder` holds their data. */
  peers?: { folder: string | null; onAbsent: (line: string) => void } | undefined;
  signal: AbortSignal;
}

/** Runs the engine's benchmarks one after the other. @param onEntry called with each figure as it comes */
export async function runBenchmarks(run: BenchmarkRun, onEntry: (entry: BenchmarkEntry) => void, native: NativeModule = loadNative()): Promise<BenchmarkReport> {
  if (run.peers !== undefined) {
    const { filter, threads, signal } = run;
    const entries = await runPeers({ ...run.peers, native, filter, threads, signal, onEntry });
    return { machine: machineOf(native, run.threads), date: new Date().toISOString(), entries };
  }
  const all = measurables(native);
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

/** What can be measured by itself. */
export interface Measurable {
  name: string;
  /** @throws StemwrightError 'cancelled' among others */
  run: (threads: number, signal: AbortSignal) => Promise<BenchmarkEntry[]>;
}

/** The engine's own benchmarks. */
export function measurables(native: NativeModule): Measurable[] {
  return native.benchmarks().map((name) => ({
    name,
    run: async (threads, signal) => {
      // One of its own: the engine listens to a signal for as long as that lives.
      const figures = await native.runBenchmark({ name, threads, signal: AbortSignal.any([signal]) }).catch((error: unknown) => {
        throw fromNative(error);
      });
      return figures.map(toEntry);
    },
  }));
}

function toEntry({ name, unit, median, low, high, allocations }: NativeBenchmarkEntry): BenchmarkEntry {
  return { name, unit, median, low, high, noise: high > low ? (high - low) / 2 / median : 0, allocations, peer: null, ratio: null };
}

export function machineOf(native: NativeModule, threads: number): BenchmarkReport['machine'] {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    isa: native.info().isa,
    threads,
    memoryBytes: totalmem(),
    system: `${platform()} ${release()} ${arch()}`,
  };
}
