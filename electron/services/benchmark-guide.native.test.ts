import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadNative } from '../engine/load.ts';
import { guideMeasurables } from './benchmark-guide.ts';
import { groupBenchmarks } from './benchmark-groups.ts';
import { ModelStore } from './model-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-guide-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('time-only on the demo song: its speed, its quality, and memory as foretold', async () => {
  const measurables = guideMeasurables({ native: loadNative(), models: new ModelStore(folder), folder });
  expect(groupBenchmarks(measurables.map(({ name }) => name)).groups.map(({ id }) => id)).toEqual(['guide']);
  const entries = (await measurables.find(({ name }) => name === 'demo song, time-only')?.run(2, new AbortController().signal)) ?? [];
  const of = (name: string): number => entries.find((entry) => entry.name === `demo song, time-only${name}`)?.median ?? NaN;
  expect(of('')).toBeGreaterThan(1);
  expect(of(', memory foretold') / of(', memory')).toBeGreaterThan(0.8);
  expect(of(', memory foretold') / of(', memory')).toBeLessThan(1.2);
  for (const stem of [', drums', ', bass', ', other', ', vocals']) expect(of(stem)).toBeGreaterThan(0.5);
  expect(await readdir(folder)).toEqual([]);
});

it('stops when it is told to, and leaves nothing behind', async () => {
  const controller = new AbortController();
  const [full] = guideMeasurables({ native: loadNative(), models: new ModelStore(folder), folder });
  const run = full?.run(2, controller.signal);
  controller.abort();
  await expect(run).rejects.toMatchObject({ code: 'cancelled' });
  expect(await readdir(folder)).toEqual([]);
});
