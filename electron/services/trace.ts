import { writeFile } from 'node:fs/promises';

/** Collects spans and writes them as a Chrome trace (chrome://tracing, Perfetto). */
export class Tracer {
  readonly #events: { name: string; ph: 'X'; ts: number; dur: number; pid: number; tid: number }[] = [];

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
    this.#events.push({ name, ph: 'X', ts: start * 1000, dur: (end - start) * 1000, pid: process.pid, tid: 1 });
  }

  async write(path: string): Promise<void> {
    await writeFile(path, JSON.stringify({ traceEvents: this.#events, displayTimeUnit: 'ms' }));
  }
}
