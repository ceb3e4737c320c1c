import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BenchmarkAdvice, BenchmarkEntry, BenchmarkResult, BenchmarkState, SavedBenchmarksSummary } from '../client/contract.ts';
import type { StudioStore } from './state.ts';
import { createStudio } from './studio.ts';
import { FakeClient, FakePlayer } from './testing.ts';

const id = '11111111-1111-4111-8111-111111111111';
const machine = { cpu: 'A processor', isa: 'avx2', threads: 2, memoryBytes: 8e9, system: 'linux' };
const entry: BenchmarkEntry = { name: 'FFT 512', unit: 'µs', median: 1, low: 1, high: 1, noise: 0, allocations: 0, peer: null, ratio: null };
const result = (benchmark: string): BenchmarkResult => ({ benchmark, date: '', entries: [{ ...entry, name: benchmark }], fault: null, isRough: false });
const groups = [
  { id: 'fft', title: 'FFT', meaning: '', benchmarks: [{ name: 'FFT 512', meaning: '', seconds: null }, { name: 'FFT 1024', meaning: '', seconds: null }] },
  { id: 'htdemucs', title: 'HTDemucs', meaning: '', benchmarks: [{ name: 'HTDemucs', meaning: '', seconds: null }] },
];
const state: BenchmarkState = { machine, progress: null, results: [result('FFT 1024')] };
const advice: BenchmarkAdvice = { items: [], choices: [], unknown: [] };
const saved: SavedBenchmarksSummary = { id, name: 'Before', date: '', machine, figures: 1, isComparable: true };

let client: FakeClient;
let store: StudioStore;
const progress = { id, state: 'running' as const, names: ['FFT 512'], done: 0, current: 'FFT 512', secondsLeft: null, isSongWaiting: false };

beforeEach(async () => {
  client = new FakeClient({
    'benchmark.list': () => ({ groups }),
    'benchmark.state': () => state,
    'benchmark.advice': () => advice,
    'benchmark.saved': () => [saved],
    'benchmark.open': () => ({ ...saved, results: [result('FFT 512')] }),
    ...Object.fromEntries(['run', 'cancel', 'save', 'remove'].map((name) => [`benchmark.${name}`, () => null])),
  });
  store = createStudio(client, new FakePlayer());
  await store.getState().loadBenchmarks();
});
const asked = (channel: string): unknown[] => client.asked.filter(([name]) => name === channel).map(([, args]) => args);

describe('benchmarks', () => {
  it('that are chosen run, but not those that take minutes', () => {
    store.getState().runChosen();
    expect(asked('benchmark.run')).toEqual([{ names: ['FFT 512', 'FFT 1024'] }]);
    store.getState().chooseGroup('htdemucs', true);
    store.getState().chooseGroup('fft', false);
    store.getState().runChosen();
    expect(asked('benchmark.run')[1]).toEqual({ names: ['HTDemucs'] });
  });

  it('do not run twice', () => {
    client.tell('benchmark', { progress, result: null });
    store.getState().runChosen();
    expect(asked('benchmark.run')).toEqual([]);
  });

  it('put each result where the list has it, and advise anew at the end', async () => {
    client.tell('benchmark', { progress: { ...progress, done: 1 }, result: result('FFT 512') });
    expect(store.getState().benchmarks?.results.map(({ benchmark }) => benchmark)).toEqual(['FFT 512', 'FFT 1024']);
    client.tell('benchmark', { progress: { ...progress, state: 'done', current: null, done: 1 }, result: null });
    await vi.waitFor(() => { expect(asked('benchmark.advice')).toHaveLength(2); });
  });

  it('are compared with a saved run, until that is removed', async () => {
    store.getState().compareBenchmarks(id);
    await vi.waitFor(() => { expect(store.getState().compared?.name).toBe('Before'); });
    store.getState().removeBenchmarks(id);
    expect(store.getState()).toMatchObject({ compared: null, removingBenchmarks: [id] });
    store.getState().dismiss(store.getState().notices[0]?.id ?? -1, true);
    expect(store.getState().removingBenchmarks).toEqual([]);
    expect(asked('benchmark.remove')).toEqual([]);
    store.getState().removeBenchmarks(id);
    store.getState().dismiss(store.getState().notices[0]?.id ?? -1);
    await vi.waitFor(() => { expect(asked('benchmark.remove')).toEqual([{ id }]); });
    await vi.waitFor(() => { expect(store.getState().removingBenchmarks).toEqual([]); });
  });
});
