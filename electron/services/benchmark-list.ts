import { arch, cpus, platform, release, totalmem } from 'node:os';
import type { BenchmarkEntry, BenchmarkReport } from '../contract/benchmark.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeBenchmarkEntry, NativeModule } from '../engine/native.ts';

/** What can be measured by itself. */
export interface Measurable {
  name: string;
  /** Why it cannot be measured on this machine; null when it can. */
  absent?: () => string | null;
  /** @throws StemwrightError 'cancelled' among others */
  run: (threads: number, signal: AbortSignal) => Promise<BenchmarkEntry[]>;
}

/** The engine's own benchmarks. */
export function measurables(native: NativeModule): Measurable[] {
  return native.benchmarks().map((name) => ({
    name,
    ...(name.startsWith('GPU ') ? { absent: () => gpuAbsence(native) } : {}),
    run: async (threads, signal) => {
      // One of its own: the engine listens to a signal for as long as that lives.
      const figures = await native.runBenchmark({ name, threads, signal: AbortSignal.any([signal]) }).catch((error: unknown) => {
        throw fromNative(error);
      });
      return figures.map(toEntry);
    },
  }));
}

/** Benchmarks run on the device that STEMWRIGHT_GPU names by a part of its name, else on the one that Auto takes. */
function gpuAbsence(native: NativeModule): string | null {
  const { devices, reason } = native.gpuDevices();
  const named = process.env['STEMWRIGHT_GPU'] ?? '';
  if (devices.some(({ name, isPreferred }) => (named === '' ? isPreferred : name.includes(named)))) return null;
  return `no GPU: ${devices.length === 0 ? reason : named === '' ? 'none but software, which is measured only by name (STEMWRIGHT_GPU)' : `none is called ${named}`}`;
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
