import { arch, cpus, platform, release, totalmem } from 'node:os';
import type { BenchmarkEntry, BenchmarkReport } from '../contract/benchmark.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeBenchmarkEntry, NativeModule } from '../engine/native.ts';

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
