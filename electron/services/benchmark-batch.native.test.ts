import { expect, it } from 'vitest';
import { loadNative } from '../engine/load.ts';
import { batchMeasurable } from './benchmark-batch.ts';
import { groupBenchmarks } from './benchmark-groups.ts';

const { name, run } = batchMeasurable(loadNative());

it('a batch is measured against single calls', async () => {
  const [entry] = await run(1, new AbortController().signal);
  expect(entry).toMatchObject({ name, unit: 'x' });
  expect(entry?.median).toBeGreaterThan(0);
  expect(entry?.low).toBeLessThanOrEqual(entry?.median ?? 0);
  expect(entry?.high).toBeGreaterThanOrEqual(entry?.median ?? 0);
});

it('ends when it is cancelled', async () => {
  await expect(run(1, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
});

it('stands beside the engine’s own measurement', () => {
  const groups = groupBenchmarks([name, 'FFT in a batch over one by one, 64 x 1024']).groups;
  expect(groups.map(({ benchmarks }) => benchmarks.length)).toEqual([2]);
});
