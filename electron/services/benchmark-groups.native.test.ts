import { expect, it } from 'vitest';
import { loadNative } from '../engine/load.ts';
import { groupBenchmarks } from './benchmark-groups.ts';

it('each of the engine’s benchmarks is in one group that says what it means', () => {
  const names = loadNative().benchmarks();
  const { groups } = groupBenchmarks(names);
  expect(groups.find(({ id }) => id === 'other')?.benchmarks ?? []).toEqual([]);
  expect(groups.flatMap(({ benchmarks }) => benchmarks.map(({ name }) => name)).sort()).toEqual(names.toSorted());
  for (const { meaning, benchmarks } of groups) {
    expect(meaning).not.toBe('');
    expect(benchmarks.every((benchmark) => benchmark.meaning !== '')).toBe(true);
  }
});
