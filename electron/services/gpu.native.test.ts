import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { GpuCalibration } from '../contract/hardware.ts';
import { loadNative } from '../engine/load.ts';
import { decodeAll, noise, writeWave } from '../media/testing.ts';
import { GpuChooser } from './gpu.ts';
import { HardwareService } from './hardware.ts';
import { openWorkshop, type Workshop } from './testing.ts';

/** The driver that computes on the processor, which is taken by name alone; macOS has only real devices. */
const driver = process.platform === 'darwin' ? '' : 'llvmpipe';

let shop: Workshop;
let song: string;
beforeAll(async () => {
  shop = await openWorkshop({ sources: ['drums', 'vocals'] });
  song = join(shop.folder, 'song.wav');
  await writeWave(song, noise(40_000, 2, 0.3));
});
afterAll(() => shop.close());
afterEach(() => {
  vi.unstubAllEnvs();
});

async function separate(backend: 'cpu' | 'gpu', home: string) {
  vi.stubEnv('STEMWRIGHT_HOME', join(shop.folder, home));
  vi.stubEnv('STEMWRIGHT_GPU', driver);
  const report = await shop.separate(song, { backend, mode: 'full', format: 'wav32f' });
  return { report, samples: await Promise.all(report.stems.map(({ path }) => decodeAll(path))) };
}

/** Largest difference of any two samples. */
function difference(a: Float32Array[], b: Float32Array[]): number {
  return Math.max(...a.map((stem, index) => stem.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[index]?.[i] ?? NaN))), 0)));
}

describe('calibration', () => {
  const request = () => {
    const { devices } = loadNative().gpuDevices();
    const device = devices.find(({ name }) => name.includes(driver))?.id ?? '';
    return { device, cacheFolder: join(shop.folder, 'calibration'), threads: 2 };
  };

  it('finds from where on the device is faster, and never with what is sequential or short', async () => {
    const found = GpuCalibration.parse(await loadNative().calibrateGpu(request()));
    expect(found.sequential).toEqual({ size: null, batch: null });
    expect(found.filter).toEqual({ size: null, batch: null });
    expect(loadNative().gpuUsage().executions).toBeGreaterThan(20);
  }, 60_000);

  it('ends when it is told to', async () => {
    const controller = new AbortController();
    const running = loadNative().calibrateGpu({ ...request(), signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await expect(loadNative().calibrateGpu({ ...request(), device: 'none' })).rejects.toThrow();
  }, 60_000);
});

describe('a song on a GPU', () => {
  it('has the stems that the processor makes, says so, and remembers that the device is right', async () => {
    const reference = await separate('cpu', 'a');
    const { report, samples } = await separate('gpu', 'a');
    expect(report).toMatchObject({ backend: 'gpu', device: expect.stringContaining(driver) as string, warnings: [] });
    expect(difference(samples, reference.samples)).toBeLessThan(1e-4);
    expect(reference.report.backend).toBe('cpu');
    const hardware = new HardwareService({ native: loadNative(), onChange: () => undefined, onPressure: () => undefined });
    const { gpus } = await new GpuChooser(loadNative(), join(shop.folder, 'a', 'data'), hardware, () => undefined).describe();
    hardware.close();
    expect(gpus.find(({ name }) => name.includes(driver))?.verdict).toMatchObject({ isAccepted: true });
  }, 60_000);

  it('is finished by the processor when the device goes away half-way', async () => {
    const reference = await separate('cpu', 'b');
    vi.stubEnv('STEMWRIGHT_GPU_LOSE_AFTER', '4');
    const { report, samples } = await separate('gpu', 'b');
    expect(report.warnings.map(({ code }) => code)).toEqual(['gpu-lost']);
    expect(report.device).toMatch(/, then /);
    expect(difference(samples, reference.samples)).toBeLessThan(1e-4);
    const written = JSON.parse(await readFile(join(report.stems[0]?.path ?? '', '..', 'separation.json'), 'utf8')) as unknown;
    expect(written).toMatchObject({ backend: 'gpu' });
  }, 60_000);

  it('is refused where no such device is', async () => {
    vi.stubEnv('STEMWRIGHT_GPU', 'no such name');
    await expect(shop.separate(song, { backend: 'gpu' })).rejects.toMatchObject({ code: 'usage' });
  });
});
