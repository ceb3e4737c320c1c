import { writeFile } from 'node:fs/promises';
import { fromWriteError } from '../contract/errors.ts';
import { loadNative } from '../engine/load.ts';
import type { NativeModule } from '../engine/native.ts';

/** About a quarter of an hour of separating, in 15 MB. */
const mostRegions = 1 << 18;

const gpuRow = 1_000_000;

type TraceEvent = { name: string; ph: 'X'; ts: number; dur: number; pid: number; tid: number } | { name: 'thread_name'; ph: 'M'; pid: number; tid: number; args: { name: string } };

/** Collects spans, and the engine's own where it is given one, and writes them as a Chrome trace (Perfetto, chrome://tracing). */
export class Tracer {
  readonly #native: Pick<NativeModule, 'startTrace' | 'takeTrace'> | null;
  readonly #events: TraceEvent[] = [{ name: 'thread_name', ph: 'M', pid: process.pid, tid: 0, args: { name: 'program' } }];

  /** @param native records from now on; one tracer at a time */
  constructor(native: Pick<NativeModule, 'startTrace' | 'takeTrace'> | null = null) {
    this.#native = native;
    native?.startTrace(mostRegions);
  }

  async span<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.add(name, start, performance.now());
    }
  }

  /** @param start, end of performance.now() */
  add(name: string, start: number, end: number): void {
    this.#span(name, start, end - start, 0);
  }

  /** @throws StemwrightError when it cannot be written */
  async write(path: string): Promise<void> {
    this.#takeRegions();
    await writeFile(path, JSON.stringify({ traceEvents: this.#events, displayTimeUnit: 'ms' })).catch((error: unknown) => {
      throw fromWriteError(error, path);
    });
  }

  #takeRegions(): void {
    const { regions, dropped } = this.#native?.takeTrace() ?? { regions: [], dropped: 0 };
    const now = performance.now();
    for (const thread of new Set(regions.map((region) => region.thread))) {
      this.#events.push({ name: 'thread_name', ph: 'M', pid: process.pid, tid: row(thread), args: { name: thread === 0 ? 'GPU' : `engine ${thread}` } });
    }
    for (const { name, agoMs, ms, thread } of regions) {
      this.#span(name, now - agoMs, ms, row(thread));
    }
    if (dropped > 0) {
      this.#span(`${dropped} regions had no room from here on`, now, 0, 0);
    }
  }

  #span(name: string, start: number, duration: number, thread: number): void {
    this.#events.push({ name, ph: 'X', ts: start * 1000, dur: duration * 1000, pid: process.pid, tid: thread });
  }
}

/** The program has the first row, and the GPU one below all threads. */
function row(thread: number): number {
  return thread === 0 ? gpuRow : thread;
}

/** Records the engine's regions too when the trace is wanted. */
export function tracerFor(path: string | null): Tracer {
  return new Tracer(path === null ? null : loadNative());
}
