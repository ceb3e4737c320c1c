import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { BenchmarkReport, BenchmarkResult, SavedBenchmarks, type BenchmarkList, type BenchmarkProgress, type BenchmarkState, type SavedBenchmarksSummary } from '../contract/benchmark.ts';
import { cancelled, StemwrightError, toFault } from '../contract/errors.ts';
import { groupBenchmarks } from './benchmark-groups.ts';
import { machineOf, type Measurable } from './benchmark-list.ts';
import { JsonFile } from './json-file.ts';
import { watchOthers } from './other-load.ts';
import type { NativeModule } from '../engine/native.ts';

export interface BenchmarksSetting {
  native: NativeModule;
  /** Everything that can be measured, in the order in which it is shown. */
  measurables: readonly Measurable[];
  threads: () => number;
  /** Whether a song is being separated. */
  isSeparating: () => boolean;
  /** Ends what would disturb. */
  makeWay: () => Promise<void>;
  onProgress: (progress: BenchmarkProgress, result: BenchmarkResult | null) => void;
}

const Stored = z.strictObject({
  version: z.literal(1),
  machine: BenchmarkReport.shape.machine,
  results: z.array(BenchmarkResult),
  /** What each benchmark took the last time. */
  seconds: z.record(z.string(), z.number().nonnegative()),
  saved: z.array(SavedBenchmarks),
});
type Stored = z.infer<typeof Stored>;

const maxSaved = 100;

interface Run {
  progress: BenchmarkProgress;
  controller: AbortController;
  ended: Promise<void>;
  /** When what runs now was begun, milliseconds. */
  since: number;
}

/** Measures one benchmark at a time and never while a song is separated; keeps results, and runs that were given a name. */
export class Benchmarks {
  readonly #setting: BenchmarksSetting;
  readonly #file: JsonFile<Stored>;
  #stored: Stored;
  #run: Run | null = null;
  #waitingSongs = 0;

  private constructor(setting: BenchmarksSetting, file: JsonFile<Stored>, stored: Stored) {
    this.#setting = setting;
    this.#file = file;
    this.#stored = stored;
  }

  /** Results of another machine, or of another instruction set, are forgotten; named runs stay. */
  static async open(dataFolder: string, setting: BenchmarksSetting): Promise<Benchmarks> {
    const file = new JsonFile(join(dataFolder, 'benchmarks.json'), Stored);
    const machine = machineOf(setting.native, setting.threads());
    const stored = (await file.load()) ?? { version: 1, machine, results: [], seconds: {}, saved: [] };
    const isSame = isComparable(stored.machine, machine);
    return new Benchmarks(setting, file, isSame ? stored : { ...stored, machine, results: [], seconds: {} });
  }

  get isRunning(): boolean {
    return this.#run?.progress.state === 'running';
  }

  list(): BenchmarkList {
    return groupBenchmarks(this.#names(), (name) => this.#stored.seconds[name] ?? null);
  }

  state(): BenchmarkState {
    const order = this.#names();
    const results = this.#stored.results.filter(({ benchmark }) => order.includes(benchmark));
    return { machine: this.#machine(), progress: this.#run?.progress ?? null, results: results.toSorted((a, b) => order.indexOf(a.benchmark) - order.indexOf(b.benchmark)) };
  }

  /** @return the run's id @throws StemwrightError 'usage' when it cannot begin now, or for a name that the list lacks */
  start(names: readonly string[]): string {
    const unknown = names.find((name) => !this.#names().includes(name));
    if (unknown !== undefined) {
      throw new StemwrightError('usage', `there is no benchmark "${unknown}"`, 'The list may have changed: look again.');
    }
    if (this.isRunning) {
      throw new StemwrightError('usage', 'benchmarks are already running', 'Wait for them, or stop them first.');
    }
    if (this.#setting.isSeparating()) {
      throw new StemwrightError('usage', 'a song is being separated', 'Both at once would slow the song down and measure wrong. Wait for it, or cancel it.');
    }
    const ordered = this.#names().filter((name) => names.includes(name));
    const progress: BenchmarkProgress = { id: randomUUID(), state: 'running', names: ordered, done: 0, current: null, secondsLeft: null, isSongWaiting: false };
    const run: Run = { progress, controller: new AbortController(), ended: Promise.resolve(), since: 0 };
    this.#run = run;
    this.#tell(null);
    run.ended = this.#work(run);
    return progress.id;
  }

  cancel(): void {
    this.#run?.controller.abort();
  }

  /** A song's turn has come: settles when nothing is being measured. @throws StemwrightError 'cancelled' */
  async whenIdle(signal: AbortSignal): Promise<void> {
    if (!this.isRunning) return;
    this.#waitingSongs += 1;
    this.#tell(null);
    const stopped = new Promise<never>((_, reject) => {
      const stop = (): void => {
        reject(cancelled());
      };
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      void this.#run?.ended.then(() => {
        signal.removeEventListener('abort', stop);
      });
    });
    try {
      await Promise.race([this.#run?.ended, stopped]);
    } finally {
      this.#waitingSongs -= 1;
      this.#tell(null);
    }
  }

  async save(name: string): Promise<string> {
    const { results } = this.state();
    if (!results.some(({ entries }) => entries.length > 0)) {
      throw new StemwrightError('usage', 'nothing has been measured yet', 'Run benchmarks first.');
    }
    if (this.#stored.saved.length >= maxSaved) {
      throw new StemwrightError('usage', `there are ${maxSaved} saved runs already`, 'Remove one first.');
    }
    const saved: SavedBenchmarks = { id: randomUUID(), name, date: new Date().toISOString(), machine: this.#machine(), results };
    await this.#keep({ saved: [...this.#stored.saved, saved] });
    return saved.id;
  }

  saved(): SavedBenchmarksSummary[] {
    const machine = this.#machine();
    return this.#stored.saved
      .map(({ results, ...saved }) => ({ ...saved, figures: results.reduce((sum, { entries }) => sum + entries.length, 0), isComparable: isComparable(saved.machine, machine) }))
      .reverse();
  }

  /** @throws StemwrightError 'usage' for an id that no saved run has */
  find(id: string): SavedBenchmarks {
    const found = this.#stored.saved.find((saved) => saved.id === id);
    if (found === undefined) {
      throw new StemwrightError('usage', 'there is no such saved run', 'The list may have changed: look again.');
    }
    return found;
  }

  async remove(id: string): Promise<void> {
    this.find(id);
    await this.#keep({ saved: this.#stored.saved.filter((saved) => saved.id !== id) });
  }

  async close(): Promise<void> {
    this.cancel();
    await this.#run?.ended;
    await this.#file.settled();
  }

  #names(): string[] {
    return this.#setting.measurables.map(({ name }) => name);
  }

  #machine(): BenchmarkState['machine'] {
    return machineOf(this.#setting.native, this.#setting.threads());
  }

  async #work(run: Run): Promise<void> {
    const { signal } = run.controller;
    await this.#setting.makeWay();
    for (const name of run.progress.names) {
      if (signal.aborted) break;
      run.since = Date.now();
      this.#step(run, { current: name });
      const result = await this.#measure(name, signal);
      if (result === null) break;
      this.#stored.seconds[name] = (Date.now() - run.since) / 1000;
      this.#stored.results = [...this.#stored.results.filter(({ benchmark }) => benchmark !== name), result];
      this.#step(run, { done: run.progress.done + 1 }, result);
    }
    this.#setting.native.releaseBenchmarks();
    await this.#keep({ machine: this.#machine() }).catch(() => undefined);
    this.#step(run, { state: signal.aborted ? 'cancelled' : 'done', current: null });
  }

  /** @return null when it was cancelled */
  async #measure(name: string, signal: AbortSignal): Promise<BenchmarkResult | null> {
    const measurable = this.#setting.measurables.find((each) => each.name === name);
    const wasBusy = watchOthers();
    const result = { benchmark: name, date: new Date().toISOString(), entries: [], fault: null, isRough: false };
    const absence = measurable?.absent?.() ?? null;
    if (absence !== null) {
      return { ...result, fault: { code: 'usage', message: absence, hint: '' } };
    }
    try {
      const entries = (await measurable?.run(this.#setting.threads(), signal)) ?? [];
      return { ...result, entries, isRough: wasBusy() };
    } catch (error) {
      return signal.aborted ? null : { ...result, fault: toFault(error) };
    }
  }

  #step(run: Run, change: Partial<BenchmarkProgress>, result: BenchmarkResult | null = null): void {
    run.progress = { ...run.progress, ...change };
    this.#tell(result);
  }

  #tell(result: BenchmarkResult | null): void {
    const run = this.#run;
    if (run === null) return;
    run.progress = { ...run.progress, isSongWaiting: this.#waitingSongs > 0, secondsLeft: this.#secondsLeft(run) };
    this.#setting.onProgress(run.progress, result);
  }

  #secondsLeft({ progress, since }: Run): number | null {
    if (progress.state !== 'running') return 0;
    const left = progress.names.slice(progress.done).map((name) => this.#stored.seconds[name] ?? null);
    const passed = progress.current === null ? 0 : (Date.now() - since) / 1000;
    return left.includes(null) ? null : Math.max(0, left.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0) - passed);
  }

  async #keep(change: Partial<Stored>): Promise<void> {
    const stored = { ...this.#stored, ...change };
    await this.#file.save(stored);
    this.#stored = stored;
  }
}

function isComparable(a: BenchmarkState['machine'], b: BenchmarkState['machine']): boolean {
  return a.cpu === b.cpu && a.isa === b.isa && a.threads === b.threads;
}
