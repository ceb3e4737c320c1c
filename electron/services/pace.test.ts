import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultQueueOptions as options } from '../contract/queue.ts';
import { PaceHistory } from './pace.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-pace-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('foretells from the last run of the same model, mode and threads on the same machine', async () => {
  const history = await PaceHistory.open(folder, 'this');
  expect(history.predict(options, 2, 60)).toBeNull();
  await history.note(options, 2, { seconds: 30, audioSeconds: 60, backend: 'cpu' }, false);
  await history.note(options, 2, { seconds: 60, audioSeconds: 60, backend: 'cpu' }, false);
  expect(history.predict(options, 2, 120)?.seconds).toBeCloseTo(120, 9);
  const again = await PaceHistory.open(folder, 'this');
  expect(again.predict({ ...options, segmentSeconds: 3 }, 2, 60)?.seconds).toBeCloseTo(60, 9);
  for (const other of [again.predict(options, 1, 60), again.predict({ ...options, mode: 'time-only' }, 2, 60), again.predict({ ...options, model: 'other' }, 2, 60), again.predict({ ...options, precision: 'bf16' }, 2, 60)]) {
    expect(other).toBeNull();
  }
  expect((await PaceHistory.open(folder, 'another')).predict(options, 2, 60)).toBeNull();
});

it('what a GPU takes is another figure', async () => {
  const history = await PaceHistory.open(folder, 'this');
  await history.note(options, 2, { seconds: 3, audioSeconds: 60, backend: 'gpu' }, false);
  expect(history.predict(options, 2, 60)).toBeNull();
  expect(history.predict(options, 2, 120, 'gpu')?.seconds).toBeCloseTo(6, 9);
});

it('more shifts and overlap take longer', async () => {
  const history = await PaceHistory.open(folder, 'this');
  await history.noteMeasured(options, 2, 0.5, false);
  expect(history.predict({ ...options, overlap: 0, shifts: 0 }, 2, 60)?.seconds).toBeCloseTo(30, 9);
  expect(history.predict({ ...options, overlap: 0.5, shifts: 0 }, 2, 60)?.seconds).toBeCloseTo(60, 9);
  expect(history.predict({ ...options, overlap: 0, shifts: 3 }, 2, 60)?.seconds).toBeCloseTo(90, 9);
});

it('a measurement of a busy machine gives way to any better one, and takes the place of none', async () => {
  const history = await PaceHistory.open(folder, 'this');
  const told = async (secondsPerWork: number, isRough: boolean) => {
    await history.noteMeasured(options, 2, secondsPerWork, isRough);
    return history.predict({ ...options, overlap: 0 }, 2, 1);
  };
  expect(await told(3, true)).toEqual({ seconds: 3, isRough: true });
  expect(await told(4, true)).toEqual({ seconds: 3, isRough: true });
  expect(await told(2, true)).toEqual({ seconds: 2, isRough: true });
  expect(await told(2.5, false)).toEqual({ seconds: 2.5, isRough: false });
  expect(await told(1, true)).toEqual({ seconds: 2.5, isRough: false });
});
