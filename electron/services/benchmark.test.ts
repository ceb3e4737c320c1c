import { describe, expect, it } from 'vitest';
import { BenchmarkReport, type BenchmarkEntry } from '../contract/benchmark.ts';
import { StemwrightError } from '../contract/errors.ts';
import { fakeNative } from '../engine/testing.ts';
import { runBenchmarks } from './benchmark.ts';

const { signal } = new AbortController();

describe('benchmarks', () => {
  it('run in the order of the engine, each figure reported as it comes and kept', async () => {
    const seen: BenchmarkEntry[] = [];
    const report = await runBenchmarks({ filter: /thing/, threads: 2, signal, onAbsent: () => undefined }, (entry) => seen.push(entry), fakeNative());
    expect(seen.map(({ name }) => name)).toEqual(['first thing', 'second thing']);
    expect(report.entries).toEqual(seen);
    expect(BenchmarkReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(report.machine.isa).toBe('fake');
    expect(seen[0]?.noise).toBeCloseTo(0.1);
  });

  it('are chosen by name', async () => {
    const report = await runBenchmarks({ filter: /second/, threads: 1, signal, onAbsent: () => undefined }, () => undefined, fakeNative());
    expect(report.entries.map(({ name }) => name)).toEqual(['second thing']);
  });

  it('that match nothing are a usage fault that lists what there is', async () => {
    const run = runBenchmarks({ filter: /third/, threads: 1, signal, onAbsent: () => undefined }, () => undefined, fakeNative());
    await expect(run).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining('first thing; second thing') as string });
  });

  it('of a GPU are told of where there is none', async () => {
    const absent: string[] = [];
    const native = { ...fakeNative(), benchmarks: () => ['first thing', 'GPU add'] };
    const report = await runBenchmarks({ filter: /thing|GPU/, threads: 1, signal, onAbsent: (line) => absent.push(line) }, () => undefined, native);
    expect(report.entries.map(({ name }) => name)).toEqual(['first thing']);
    expect(absent).toEqual(['GPU add: no GPU: fake']);
  });

  it('stop between two figures', async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const run = runBenchmarks(
      { filter: /thing/, threads: 1, signal: controller.signal, onAbsent: () => undefined },
      ({ name }) => {
        seen.push(name);
        controller.abort();
      },
      fakeNative(),
    );
    await expect(run).rejects.toBeInstanceOf(StemwrightError);
    expect(seen).toEqual(['first thing']);
  });
});
