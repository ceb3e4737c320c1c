import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NativeGpu, NativeModel } from '../engine/native-jobs.ts';
import { fakeNative } from '../engine/testing.ts';
import { GpuChooser, type GpuWish } from './gpu.ts';
import type { GpuPolicy } from './hardware.ts';
import type { LoadedModel } from './models.ts';

const card: NativeGpu = { id: 'vulkan:1', name: 'Fast card', api: 'vulkan', driver: 'driver 1', kind: 'discrete', memoryBytes: 8e9, isUnified: false, isPreferred: true };
const software: NativeGpu = { ...card, id: 'vulkan:2', name: 'Slow software', kind: 'software', isPreferred: false };
const accepted = { device: 'Fast card', isAccepted: true, agreementDb: 120, gpuSeconds: 0.1, cpuSeconds: 1 };

let folder = '';
beforeEach(async () => {
  reason = '';
  isFaster = true;
  folder = await mkdtemp(join(tmpdir(), 'gpu-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

let reason = '';
let isFaster = true;
const lost = vi.fn();
const faults = vi.fn();
const listeners = new Set<() => void>();
const policy: GpuPolicy = {
  reason: () => reason,
  shouldUseGpu: () => reason === '' && isFaster,
  deviceLost: lost,
  listen: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

const chooser = (gpus: NativeGpu[] = [card, software]) => new GpuChooser(fakeNative({ gpus }), folder, policy, faults);

/** A model whose devices answer with this. */
function modelThat(prepareGpu: NativeModel['prepareGpu'], sha256 = 'abc') {
  const prepare = vi.fn(prepareGpu);
  const model = { sha256, parts: [{ model: { prepareGpu: prepare }, weights: [] }] } as unknown as LoadedModel;
  return { model, prepare };
}

const wish: GpuWish = { backend: 'auto', precision: 'fp32', device: null, threads: 2 };

describe('where a live tail is computed', () => {
  it('is the device that is wanted, unless there is none or it has failed its test', async () => {
    expect(await chooser().tailDevice(null)).toEqual({ device: 'vulkan:1', cacheFolder: join(folder, 'gpu') });
    expect(await chooser().tailDevice('vulkan:2')).toMatchObject({ device: 'vulkan:2' });
    expect(await chooser([software]).tailDevice(null)).toMatch('only a software driver');
    expect(await chooser().tailDevice('vulkan:3')).toBe('the GPU that was chosen is not here');
    await chooser().place(modelThat(() => Promise.resolve({ ...accepted, isAccepted: false, agreementDb: 20 })).model, wish);
    expect(await chooser().tailDevice(null)).toBe('Fast card has failed its test');
  });
});

describe('where a model is computed', () => {
  it('is the preferred device, once it agrees and is faster; it is compared only once', async () => {
    const first = modelThat(() => Promise.resolve(accepted));
    expect(await chooser().place(first.model, wish)).toEqual({ gpu: 'Fast card', warnings: [] });
    expect(first.prepare).toHaveBeenCalledWith(expect.objectContaining({ device: 'vulkan:1', isTrusted: false, threads: 2 }));
    const again = modelThat(() => Promise.resolve({ ...accepted, agreementDb: 0 }));
    expect(await chooser().place(again.model, wish)).toEqual({ gpu: 'Fast card', warnings: [] });
    expect(again.prepare).toHaveBeenCalledWith(expect.objectContaining({ isTrusted: true }));
    expect((await chooser().describe()).gpus[0]?.verdict).toMatchObject({ agreementDb: 120 });
  });

  it('does not put a model on its device twice', async () => {
    const { model, prepare } = modelThat(() => Promise.resolve(accepted));
    const same = chooser();
    await same.place(model, wish);
    expect(await same.place(model, wish)).toEqual({ gpu: 'Fast card', warnings: [] });
    expect(prepare).toHaveBeenCalledTimes(1);
  });

  it('is the processor where the device gives garbage, which is remembered and said', async () => {
    const { model, prepare } = modelThat(() => Promise.resolve({ ...accepted, isAccepted: false, agreementDb: 12 }));
    const place = await chooser().place(model, wish);
    expect(place.gpu).toBeNull();
    expect(place.warnings[0]).toMatchObject({ code: 'gpu-refused', message: expect.stringContaining('12 dB') as string });
    expect((await chooser().place(model, wish)).gpu).toBeNull();
    expect(prepare).toHaveBeenCalledTimes(1);
    await expect(chooser().place(model, { ...wish, backend: 'gpu' })).rejects.toMatchObject({ code: 'usage' });
    expect(await chooser().expects(wish)).toBe('cpu');
  });

  it('is the device that passed, also where that can be neither read nor kept for the next start', async () => {
    await writeFile(join(folder, 'gpu'), 'no folder');
    const { model, prepare } = modelThat(() => Promise.resolve(accepted));
    const same = chooser();
    expect(await same.place(model, wish)).toEqual({ gpu: 'Fast card', warnings: [] });
    expect(faults).toHaveBeenCalledTimes(2);
    expect(faults).toHaveBeenLastCalledWith(expect.stringMatching(/^the GPU's tests are not kept: ./));
    expect((await same.place(model, { ...wish, backend: 'gpu' })).gpu).toBe('Fast card');
    expect(prepare).toHaveBeenCalledTimes(1);
  });

  it('is tested anew for another driver, another model and other shaders', async () => {
    const bad = modelThat(() => Promise.resolve({ ...accepted, isAccepted: false }));
    await chooser().place(bad.model, wish);
    const good = modelThat(() => Promise.resolve(accepted));
    expect((await chooser([{ ...card, driver: 'driver 2' }]).place(good.model, wish)).gpu).toBe('Fast card');
    expect((await chooser().place(modelThat(() => Promise.resolve(accepted), 'def').model, wish)).gpu).toBe('Fast card');
    const other = new GpuChooser(fakeNative({ gpus: [card], shaders: 'shaders 2' }), folder, policy, faults);
    expect((await other.place(modelThat(() => Promise.resolve(accepted)).model, wish)).gpu).toBe('Fast card');
  });

  it('is the processor by itself where the device is slower, the device where it was asked for', async () => {
    const slow = { ...accepted, gpuSeconds: 2 };
    expect(await chooser().place(modelThat(() => Promise.resolve(slow)).model, wish)).toEqual({ gpu: null, warnings: [] });
    expect((await chooser().place(modelThat(() => Promise.resolve(slow)).model, { ...wish, backend: 'gpu' })).gpu).toBe('Fast card');
  });

  it('is never software, unless that is named', async () => {
    const { model } = modelThat(() => Promise.resolve({ ...accepted, device: 'Slow software' }));
    expect(await chooser([software]).place(model, wish)).toEqual({ gpu: null, warnings: [] });
    await expect(chooser([software]).place(model, { ...wish, backend: 'gpu' })).rejects.toThrow(/no such GPU; there is Slow software/);
    vi.stubEnv('STEMWRIGHT_GPU', 'software');
    expect((await chooser([software]).place(model, { ...wish, backend: 'gpu' })).gpu).toBe('Slow software');
  });

  it('is the processor, with the reason, where the device fails', async () => {
    const lost = () => Promise.reject(Object.assign(new Error('Fast card went away'), { code: 'internal' }));
    const place = await chooser().place(modelThat(lost).model, wish);
    expect(place).toMatchObject({ gpu: null, warnings: [{ code: 'gpu-refused' }] });
    await expect(chooser().place(modelThat(lost).model, { ...wish, backend: 'gpu' })).rejects.toThrow(/went away/);
  });

  it('is the processor, with the reason, where the device has no room for the model, also where it was asked for', async () => {
    const small = () => Promise.reject(Object.assign(new Error('the budget of 100 MB is used up'), { code: 'no-room' }));
    for (const backend of ['auto', 'gpu'] as const) {
      const place = await chooser().place(modelThat(small).model, { ...wish, backend });
      expect(place).toEqual({ gpu: null, warnings: [{ code: 'gpu-refused', message: 'Fast card was not used: the budget of 100 MB is used up' }] });
    }
  });

  it('is the processor in another precision, or where that was asked for', async () => {
    const { model, prepare } = modelThat(() => Promise.resolve(accepted));
    expect((await chooser().place(model, { ...wish, precision: 'bf16' })).gpu).toBeNull();
    expect((await chooser().place(model, { ...wish, backend: 'cpu' })).gpu).toBeNull();
    await expect(chooser().place(model, { ...wish, backend: 'gpu', precision: 'bf16' })).rejects.toThrow(/bf16/);
    expect(prepare).not.toHaveBeenCalled();
  });

  it('survives a damaged file of verdicts', async () => {
    await chooser().place(modelThat(() => Promise.resolve(accepted)).model, wish);
    const file = join(folder, 'gpu', 'verdicts.json');
    expect(await readFile(file, 'utf8')).toContain('driver 1');
    await writeFile(file, '{');
    expect((await chooser().place(modelThat(() => Promise.resolve(accepted)).model, wish)).gpu).toBe('Fast card');
  });
});

describe('the machine’s state', () => {
  it('keeps a song that may go anywhere on the processor, and says why; one that must not is left alone', async () => {
    reason = 'the machine is hot';
    const { model, prepare } = modelThat(() => Promise.resolve(accepted));
    expect(await chooser().place(model, wish)).toEqual({ gpu: null, warnings: [{ code: 'gpu-held', message: 'Fast card was not used: the machine is hot' }] });
    expect(await chooser().expects(wish)).toBe('cpu');
    expect(prepare).not.toHaveBeenCalled();
    expect((await chooser().place(model, { ...wish, backend: 'gpu' })).gpu).toBe('Fast card');
    expect(await chooser([software]).place(model, wish)).toEqual({ gpu: null, warnings: [] });
  });

  it('a device that calibration found slower with the widest layer is not even tested', async () => {
    isFaster = false;
    const { model, prepare } = modelThat(() => Promise.resolve(accepted));
    expect(await chooser().place(model, wish)).toEqual({ gpu: null, warnings: [] });
    expect(await chooser().expects(wish)).toBe('cpu');
    expect(prepare).not.toHaveBeenCalled();
  });

  /** Runs a job that ends when told to, and notes what it is told of the GPU. */
  function runJob(backend: GpuWish['backend'], gpu: string | null, end: { gpuFault?: string } = {}) {
    const told: boolean[] = [];
    let finish = (): void => undefined;
    const native = fakeNative({ gpus: [card] });
    native.startSeparation = (_, onEvent) => {
      finish = () => { onEvent({ type: 'done', seconds: 1, segmentSeconds: 1, gpuSegments: 1, ...end }); };
      return { cancel: () => undefined, focus: () => undefined, useGpu: (may) => told.push(may) };
    };
    const { model } = modelThat(() => Promise.resolve(accepted));
    const done = new GpuChooser(native, folder, policy, faults).run(model, { backend, gpu }, {} as Parameters<GpuChooser['run']>[2], () => undefined, new AbortController().signal, undefined);
    return { told, done, finish: () => { finish(); } };
  }
  const change = (now: string) => {
    reason = now;
    listeners.forEach((listener) => { listener(); });
  };

  it('takes a job that went there by itself off the GPU, and brings it back', async () => {
    const { told, done, finish } = runJob('auto', 'Fast card');
    change('the machine is hot');
    change('');
    finish();
    expect((await done).held).toBe('the machine is hot');
    change('power saving is on');
    expect(told).toEqual([true, false, true]);
  });

  it.each([['gpu', 'Fast card'], ['auto', null]] as const)('does not move a job of backend %s on %s', async (backend, gpu) => {
    const { told, done, finish } = runJob(backend, gpu);
    change('the machine is hot');
    finish();
    expect((await done).held).toBe('');
    expect(told).toEqual([]);
  });

  it('hears of a device that went away', async () => {
    const { done, finish } = runJob('gpu', 'Fast card', { gpuFault: 'Fast card went away' });
    finish();
    await done;
    expect(lost).toHaveBeenCalledTimes(1);
  });
});

describe('what the page is told', () => {
  it('says why there is no GPU', async () => {
    expect((await new GpuChooser(fakeNative(), folder, policy, faults).describe()).backends[1]).toEqual({ id: 'gpu', isAvailable: false, reason: 'fake' });
    expect((await chooser([software]).describe()).backends[1]).toMatchObject({ isAvailable: true, reason: expect.stringContaining('software') as string });
    expect((await chooser().describe()).backends[1]).toEqual({ id: 'gpu', isAvailable: true, reason: '' });
  });
});
