import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { defaultQueueOptions } from '../contract/queue.ts';
import type { ModelSpec } from '../engine/native-jobs.ts';
import { fakeNative, type FakeBehaviour } from '../engine/testing.ts';
import { importModel } from './models.ts';
import { ModelStore } from './model-store.ts';
import { PaceHistory } from './pace.ts';
import { Predictor } from './predictor.ts';
import { writeSmallModel } from './testing.ts';

let folder: string;
let models: ModelStore;
let history: PaceHistory;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-predictor-'));
  models = new ModelStore(folder);
  history = await PaceHistory.open(folder, 'this');
  await writeSmallModel(join(folder, 'tiny.safetensors'));
  await importModel(fakeNative(), models, join(folder, 'tiny.safetensors'), 'tiny');
});
afterEach(() => rm(folder, { recursive: true }));

const options = { ...defaultQueueOptions, model: 'tiny' };
const onMore = vi.fn();
const openModel = vi.fn();
const disposed = vi.fn();

function predictor({ behaviour, isBusy = false, budget = null }: { behaviour?: FakeBehaviour; isBusy?: boolean; budget?: number | null } = {}): Predictor {
  onMore.mockReset();
  openModel.mockReset();
  const native = fakeNative(behaviour);
  disposed.mockReset();
  openModel.mockImplementation(async (spec: ModelSpec) => ({ ...(await native.openModel(spec)), dispose: disposed }));
  return new Predictor({
    ...{ native: { ...native, openModel }, models, history, onMore },
    folder: join(folder, 'scratch'),
    memoryBudgetBytes: () => budget,
    isBusy: () => isBusy,
  });
}

it('memory follows from the model, which is opened once for each question', async () => {
  const predicts = predictor();
  const facts = await predicts.facts(options, 2);
  expect(facts).toMatchObject({ rate: 44_100, channels: 2, memory: { segmentSeconds: 0.25, isLimited: false, bytes: 1e8 + 2.5e6 + 2e6 } });
  await Promise.all([predicts.facts(options, 2), predicts.facts(options, 2)]);
  expect(openModel).toHaveBeenCalledTimes(1);
  expect((await predicts.facts({ ...options, segmentSeconds: 10 }, 2)).memory.bytes).toBe(1e8 + 1e8 + 2e6);
  predicts.forget();
  await predicts.facts(options, 2);
  expect(openModel).toHaveBeenCalledTimes(3);
});

it('a budget makes segments shorter, or is too small', async () => {
  expect((await predictor({ budget: 1.5e8 }).facts({ ...options, segmentSeconds: 10 }, 2)).memory).toMatchObject({ segmentSeconds: 4.8, isLimited: true });
  await expect(predictor({ budget: 1e7 }).facts(options, 2)).rejects.toMatchObject({ code: 'no-room' });
});

it('a model that is not there is said, and looked for again', async () => {
  const predicts = predictor();
  await expect(predicts.facts({ ...options, model: 'none' }, 2)).rejects.toMatchObject({ code: 'model' });
  await expect(predicts.facts({ ...options, model: 'none' }, 2)).rejects.toMatchObject({ code: 'model' });
});

it('what has not run is measured once, and foretold then', async () => {
  const predicts = predictor();
  expect(predicts.time(options, 2, 60)).toBeNull();
  expect(predicts.time(options, 2, 90)).toBeNull();
  await vi.waitFor(() => {
    expect(onMore).toHaveBeenCalledTimes(1);
  });
  expect(predicts.time(options, 2, 60)?.seconds).toBeGreaterThan(0);
  expect(openModel).toHaveBeenCalledTimes(1);
  expect((await PaceHistory.open(folder, 'this')).predict(options, 2, 60)).not.toBeNull();
  expect(await readdir(folder)).not.toContain('scratch');
});

it('what was measured on a busy machine is told as such, and measured again later', async () => {
  await history.noteMeasured(options, 2, 1e6, true);
  const predicts = predictor();
  expect(predicts.time(options, 2, 60)?.isRough).toBe(true);
  await vi.waitFor(() => {
    expect(onMore).toHaveBeenCalledTimes(1);
  });
  expect(predicts.time(options, 2, 60)?.seconds).toBeLessThan(1e6);
  expect(openModel).toHaveBeenCalledTimes(1);
});

it('nothing is measured while a song is separated', () => {
  const predicts = predictor({ isBusy: true });
  expect(predicts.time(options, 2, 60)).toBeNull();
  expect(openModel).not.toHaveBeenCalled();
});

it('measuring makes way for a song, and is done later', async () => {
  const predicts = predictor({ behaviour: { hangMs: 1 } });
  predicts.time(options, 2, 60);
  await vi.waitFor(() => {
    expect(openModel).toHaveBeenCalled();
  });
  await predicts.makeWay();
  expect(onMore).not.toHaveBeenCalled();
  expect(history.predict(options, 2, 60)).toBeNull();
  predicts.time(options, 2, 60);
  await vi.waitFor(() => {
    expect(openModel).toHaveBeenCalledTimes(2);
  });
  await predicts.makeWay();
});

it('what cannot be measured is not tried again and again', async () => {
  const predicts = predictor({ behaviour: { end: { type: 'failed', code: 'internal', message: 'broken' } } });
  predicts.time(options, 2, 60);
  await vi.waitFor(() => {
    expect(disposed).toHaveBeenCalled();
  });
  await new Promise((resolve) => setTimeout(resolve, 10));
  predicts.time(options, 2, 60);
  await predicts.makeWay();
  expect(openModel).toHaveBeenCalledTimes(1);
  expect(onMore).not.toHaveBeenCalled();
});
