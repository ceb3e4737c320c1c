import { setImmediate } from 'node:timers/promises';
import { cancelled } from '../contract/errors.ts';
import { openEngine } from '../engine/engine.ts';
import type { NativeModule } from '../engine/native.ts';
import type { Measurable } from './benchmark-list.ts';
import { median } from './benchmark-rival.ts';

const size = 1024;
const count = 64;
const rounds = 201;
/** A round lasts longer than the clock's own cost and shorter than anyone notices. */
const callsInRound = 10;

/** What a batch saves whoever calls from TypeScript: 64 crossings, checks and results, and with threads their work too. */
export function batchMeasurable(native: NativeModule): Measurable {
  const name = `FFT in a batch over one by one, ${count} x ${size}, from TypeScript`;
  return {
    name,
    run: async (threads, signal) => {
      const fft = openEngine(native).createFft(size, threads);
      const signals = Float32Array.from({ length: count * size }, (_, index) => Math.sin(index * index));
      const rows = Array.from({ length: count }, (_, row) => signals.subarray(row * size, (row + 1) * size));
      const ratios: number[] = [];
      try {
        for (let round = 0; round < rounds; round++) {
          await setImmediate();
          if (signal.aborted) throw cancelled();
          const batch = timeOf(() => fft.forwardBatch(signals));
          ratios.push(batch / timeOf(() => rows.map((row) => fft.forward(row))));
        }
      } finally {
        fft.dispose();
      }
      return [ratioEntry(name, ratios)];
    },
  };
}

function timeOf(work: () => unknown): number {
  const start = performance.now();
  for (let call = 0; call < callsInRound; call++) work();
  return performance.now() - start;
}

/** The median and its 95 % interval. */
function ratioEntry(name: string, ratios: readonly number[]) {
  const sorted = ratios.toSorted((a, b) => a - b);
  const reach = 0.98 * Math.sqrt(sorted.length);
  const at = (rank: number) => sorted[Math.round(rank)] ?? NaN;
  const middle = median([...ratios]);
  const [low, high] = [at(sorted.length / 2 - reach), at(sorted.length / 2 + reach)];
  return { name, unit: 'x', median: middle, low, high, noise: (high - low) / 2 / middle, allocations: null, peer: null, ratio: null };
}
