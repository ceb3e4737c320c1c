import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { GpuCalibration } from '../contract/hardware.ts';
import type { NativeGpu } from '../engine/native-jobs.ts';
import type { NativeModule } from '../engine/native.ts';
import { fakeNative } from '../engine/testing.ts';
import { GpuCalibrations } from './gpu-calibration.ts';

const card: NativeGpu = { id: 'vulkan:1', name: 'Fast card', api: 'vulkan', driver: 'driver 1', kind: 'discrete', memoryBytes: 8e9, isUnified: false, isPreferred: true };
const never = { size: null, batch: null };
const measured: GpuCalibration = { fft: { size: 8192, batch: 16 }, 'matrix-product': { size: null, batch: 2 }, convolution: never, sequential: never, filter: never };

let folder = '';
let isBusy = false;
const calibrate = vi.fn<NativeModule['calibrateGpu']>();
const onMeasured = vi.fn();
const onUnsaved = vi.fn();
const open = (machine = 'this machine') =>
  new GpuCalibrations({ native: { ...fakeNative(), calibrateGpu: calibrate }, folder, machine, isBusy: () => isBusy, onMeasured, onUnsaved });
/** Until the signal ends it. */
const endless: NativeModule['calibrateGpu'] = ({ signal }) => new Promise((_, reject) => { signal?.addEventListener('abort', () => { reject(new Error('cancelled')); }); });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calibration-'));
  isBusy = false;
  calibrate.mockResolvedValue(measured);
});
afterEach(async () => {
  vi.resetAllMocks();
  await rm(folder, { recursive: true });
});

it('is measured once for a machine, a device and its driver, and kept', async () => {
  const first = open();
  expect(await first.of(card)).toBeNull();
  await first.measure(card);
  await vi.waitFor(() => { expect(onMeasured).toHaveBeenCalledTimes(1); });
  expect(await first.of(card)).toEqual(measured);
  await first.measure(card);
  await first.close();
  const again = open();
  expect(await again.of(card)).toEqual(measured);
  await again.measure(card);
  expect(calibrate).toHaveBeenCalledTimes(1);
  expect(await again.of({ ...card, driver: 'driver 2' })).toBeNull();
  expect(await open('another machine').of(card)).toBeNull();
});

it('says when it cannot be kept; it holds until the end', async () => {
  const calibrations = open();
  expect(await calibrations.of(card)).toBeNull();
  await writeFile(join(folder, 'gpu'), 'a file where the folder should be');
  await calibrations.measure(card);
  await vi.waitFor(() => { expect(onUnsaved).toHaveBeenCalledTimes(1); });
  expect(await calibrations.of(card)).toEqual(measured);
  await calibrations.measure(card);
  expect(calibrate).toHaveBeenCalledTimes(1);
  await calibrations.close();
});

it('is not measured beside other work, nor after the end', async () => {
  const calibrations = open();
  isBusy = true;
  await calibrations.measure(card);
  isBusy = false;
  await calibrations.close();
  await calibrations.measure(card);
  expect(calibrate).not.toHaveBeenCalled();
});

it('makes way for a song, and is measured afterwards', async () => {
  const calibrations = open();
  calibrate.mockImplementationOnce(endless);
  await calibrations.measure(card);
  expect(calibrations.isRunning).toBe(true);
  await calibrations.makeWay();
  expect(calibrations.isRunning).toBe(false);
  expect(onMeasured).not.toHaveBeenCalled();
  await calibrations.measure(card);
  await vi.waitFor(() => { expect(onMeasured).toHaveBeenCalledTimes(1); });
  await calibrations.close();
});

it('a device that fails is not tried again', async () => {
  const calibrations = open();
  calibrate.mockRejectedValueOnce(new Error('it went away'));
  await calibrations.measure(card);
  await vi.waitFor(() => { expect(calibrations.isRunning).toBe(false); });
  await calibrations.measure(card);
  expect(calibrate).toHaveBeenCalledTimes(1);
  expect(await calibrations.of(card)).toBeNull();
});
