import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BenchmarkEntry, BenchmarkProgress, BenchmarkResult } from '../contract/benchmark.ts';
import { cancelled } from '../contract/errors.ts';
import { fakeNative } from '../engine/testing.ts';
import type { Measurable } from './benchmark-list.ts';
import { Benchmarks, type BenchmarksSetting } from './benchmarks.ts';

const entry = (name: string, median = 1): BenchmarkEntry => ({ name, unit: 'µs', median, low: median, high: median, noise: 0, allocations: 0, peer: null, ratio: null });

let folder: string;
let told: [BenchmarkProgress, BenchmarkResult | null][];
let isSeparating: boolean;
/** Of those that hang until they are cancelled. */
let hanging: string[];
let released: number;
const order: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-benchmarks-'));
  [told, isSeparating, hanging, released] = [[], false, [], 0];
  order.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

function measurable(name: string): Measurable {
  return {
    name,
    run: async (_, signal) => {
      order.push(name);
      if (name === 'broken') throw new Error('no memory');
      if (hanging.includes(name)) {
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => { reject(cancelled()); });
        });
      }
      return [entry(name), entry(`${name}, more`)];
    },
  };
}

async function open(change: Partial<BenchmarksSetting> = {}): Promise<Benchmarks> {
  return Benchmarks.open(folder, {
    native: { ...fakeNative(), releaseBenchmarks: () => { released += 1; } },
    measurables: ['FFT 512', 'broken', 'FFT 1024'].map(measurable),
    threads: () => 2,
    isSeparating: () => isSeparating,
    makeWay: () => Promise.resolve(),
    onProgress: (progress, result) => told.push([progress, result]),
    ...change,
  });
}

const ended = (): Promise<unknown> => vi.waitFor(() => { expect(told.at(-1)?.[0].state).not.toBe('running'); });

describe('a run', () => {
  it('goes through the list in its order, tells each result, and keeps them for the next start', async () => {
    const benchmarks = await open();
    const id = benchmarks.start(['FFT 1024', 'FFT 512']);
    expect(benchmarks.isRunning).toBe(true);
    await ended();
    expect(order).toEqual(['FFT 512', 'FFT 1024']);
    expect(told.map(([{ current, done }, result]) => [current, done, result?.benchmark ?? null])).toEqual([
      [null, 0, null],
      ['FFT 512', 0, null],
      ['FFT 512', 1, 'FFT 512'],
      ['FFT 1024', 1, null],
      ['FFT 1024', 2, 'FFT 1024'],
      [null, 2, null],
    ]);
    expect(told.at(-1)?.[0]).toMatchObject({ id, state: 'done', secondsLeft: 0 });
    expect(released).toBe(1);
    await benchmarks.close();
    const again = await open();
    expect(again.state().results.map(({ benchmark, entries }) => [benchmark, entries.length])).toEqual([['FFT 512', 2], ['FFT 1024', 2]]);
    expect(again.list().groups).toMatchObject([{ id: 'fft', benchmarks: [{ name: 'FFT 512', seconds: expect.any(Number) as number }, { name: 'FFT 1024' }] }, { id: 'other', benchmarks: [{ name: 'broken', seconds: null }] }]);
  });

  it('notes what fails, and goes on', async () => {
    const benchmarks = await open();
    benchmarks.start(['broken', 'FFT 1024']);
    await ended();
    expect(benchmarks.state().results).toMatchObject([{ benchmark: 'broken', entries: [], fault: { message: expect.stringContaining('no memory') as string } }, { benchmark: 'FFT 1024', fault: null }]);
  });

  it('is refused beside another, beside a song, and for what there is not', async () => {
    hanging = ['FFT 512'];
    const benchmarks = await open();
    expect(() => benchmarks.start(['nothing'])).toThrow('there is no benchmark "nothing"');
    isSeparating = true;
    expect(() => benchmarks.start(['FFT 512'])).toThrow('a song is being separated');
    isSeparating = false;
    benchmarks.start(['FFT 512']);
    expect(() => benchmarks.start(['FFT 1024'])).toThrow('already running');
    await benchmarks.close();
  });

  it('keeps what it has when it is cancelled, and what was there before', async () => {
    const benchmarks = await open();
    benchmarks.start(['FFT 1024']);
    await ended();
    hanging = ['FFT 1024'];
    benchmarks.start(['FFT 512', 'FFT 1024']);
    await vi.waitFor(() => { expect(told.at(-1)?.[0].current).toBe('FFT 1024'); });
    benchmarks.cancel();
    await ended();
    benchmarks.cancel();
    expect(told.at(-1)?.[0]).toMatchObject({ state: 'cancelled', done: 1 });
    expect(benchmarks.state().results.map(({ benchmark }) => benchmark)).toEqual(['FFT 512', 'FFT 1024']);
  });

  it('lets a song wait that would disturb it, and says so', async () => {
    hanging = ['FFT 512'];
    const benchmarks = await open();
    const { signal } = new AbortController();
    await benchmarks.whenIdle(signal);
    benchmarks.start(['FFT 512']);
    const waits = benchmarks.whenIdle(signal);
    expect(benchmarks.state().progress?.isSongWaiting).toBe(true);
    const other = new AbortController();
    const stopped = benchmarks.whenIdle(other.signal);
    other.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    benchmarks.cancel();
    await waits;
    expect(benchmarks.isRunning).toBe(false);
    expect(benchmarks.state().progress?.isSongWaiting).toBe(false);
  });
});

describe('a saved run', () => {
  it('is listed, newest first, opened and removed; it survives a restart', async () => {
    const benchmarks = await open();
    await expect(benchmarks.save('Too early')).rejects.toMatchObject({ code: 'usage' });
    benchmarks.start(['FFT 512']);
    await ended();
    const first = await benchmarks.save('Before');
    const second = await benchmarks.save('After');
    await benchmarks.close();
    const again = await open();
    expect(again.saved()).toMatchObject([{ id: second, name: 'After', figures: 2, isComparable: true }, { id: first, name: 'Before' }]);
    expect(again.find(first).results[0]?.entries[0]?.name).toBe('FFT 512');
    await again.remove(second);
    expect(again.saved().map(({ name }) => name)).toEqual(['Before']);
    await expect(again.remove(second)).rejects.toMatchObject({ code: 'usage' });
  });

  it('stays where the machine is another, whose results count for nothing', async () => {
    const benchmarks = await open();
    benchmarks.start(['FFT 512']);
    await ended();
    await benchmarks.save('Old machine');
    await benchmarks.close();
    const other = await open({ native: { ...fakeNative(), info: () => ({ ...fakeNative().info(), isa: 'other' }) } });
    expect(other.state().results).toEqual([]);
    expect(other.saved()).toMatchObject([{ name: 'Old machine', isComparable: false }]);
  });
});
