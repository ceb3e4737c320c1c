import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Hardware } from '../contract/hardware.ts';
import { loadNative } from '../engine/load.ts';
import { HardwareService } from './hardware.ts';

const native = loadNative();

it('this machine has a processor, memory and a state', () => {
  const service = new HardwareService({ native, onChange: () => undefined, onPressure: () => undefined });
  const { profile, memory, residentBytes } = Hardware.parse(service.get());
  service.close();
  expect(profile.cpu).not.toBe('');
  expect(profile.logicalCores).toBeGreaterThan(0);
  expect(profile.memoryBytes).toBeGreaterThan(2 ** 28);
  expect(residentBytes).toBeGreaterThan(2 ** 20);
  expect(memory.owners.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(memory.bytes);
  expect(() => service.get()).toThrow('has ended');
});

describe.runIf(process.platform === 'linux')('on a machine that is made up', () => {
  let folder: string;
  let service: HardwareService;
  const onChange = vi.fn<(hardware: Hardware) => void>();
  const onPressure = vi.fn();
  const put = async (path: string, text: string) => {
    const place = join(folder, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(`${place}.new`, `${text}\n`);
    await rename(`${place}.new`, place);
  };
  const setMemory = (available: number) => put('proc/meminfo', `MemTotal: 16000000 kB\nMemAvailable: ${available} kB`);
  const setHeat = (degrees: number) => put('sys/class/thermal/thermal_zone0/temp', String(degrees * 1000));
  const told = (expected: Partial<Hardware['state']>) =>
    vi.waitFor(() => {
      expect(onChange.mock.lastCall?.[0].state).toMatchObject(expected);
    }, 10_000);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stemwright-machine-'));
    await put('sys/class/thermal/thermal_zone0/trip_point_0_type', 'passive');
    await put('sys/class/thermal/thermal_zone0/trip_point_0_temp', '90000');
    await setHeat(40);
    await setMemory(8e6);
    process.env['STEMWRIGHT_MACHINE'] = folder;
    service = new HardwareService({ native, onChange, onPressure });
  });
  afterEach(async () => {
    service.close();
    delete process.env['STEMWRIGHT_MACHINE'];
    vi.clearAllMocks();
    await rm(folder, { recursive: true });
  });

  it('heat is told, and memory that becomes short is told and acted on once a level', async () => {
    await told({ thermal: 'nominal', pressure: 'none', backend: 'cpu', reason: 'no GPU' });
    await setHeat(95);
    await told({ thermal: 'serious' });
    expect(onPressure).not.toHaveBeenCalled();
    await setMemory(1e6);
    await told({ pressure: 'warning' });
    await setMemory(1e5);
    await told({ pressure: 'critical' });
    await setMemory(8e6);
    await told({ pressure: 'none' });
    expect(onPressure).toHaveBeenCalledTimes(2);
    Hardware.parse(service.get());
  });

  it('a hot machine’s work goes to the processor within a second, and whoever listens hears of it', async () => {
    const work = { operation: 'fft', size: 8192, batch: 1 } as const;
    const listener = vi.fn();
    const stop = service.listen(listener);
    expect(service.shouldUseGpu(work)).toBe(false);
    service.configure({ hasGpu: true });
    await told({ backend: 'gpu', reason: '' });
    expect(service.reason()).toBe('');
    expect(service.shouldUseGpu(work)).toBe(true);
    expect(service.shouldUseGpu({ ...work, size: 1024 })).toBe(false);
    const from = (size: number | null) => ({ size, batch: null });
    service.configure({ calibration: { fft: from(16_384), 'matrix-product': from(null), convolution: from(null), sequential: from(null), filter: from(null) } });
    expect(service.shouldUseGpu(work)).toBe(false);
    expect(service.shouldUseGpu({ ...work, size: 16_384 })).toBe(true);
    listener.mockClear();
    await setHeat(95);
    await told({ backend: 'cpu', reason: 'the machine is hot' });
    expect(listener).toHaveBeenCalledTimes(1);
    expect(service.shouldUseGpu({ ...work, size: 16_384 })).toBe(false);
    stop();
  });

  it('a GPU on battery is used as the user wants it, and one that was lost is left alone', async () => {
    await put('sys/class/power_supply/BAT0/type', 'Battery');
    await put('sys/class/power_supply/BAT0/status', 'Discharging');
    service.configure({ hasGpu: true });
    await told({ isOnBattery: true, backend: 'gpu' });
    service.configure({ useGpuOnBattery: false });
    await told({ backend: 'cpu', reason: 'on battery' });
    service.deviceLost();
    await told({ reason: 'the GPU was lost' });
  });

  it('caches give way when the engine holds more than it may', async () => {
    const conv = native.systems.createDynamicConv({
      ...{ in: 1, out: 1, kernelHeight: 1, kernelWidth: 1, strideHeight: 1, strideWidth: 1, dilationWidth: 1, paddingHeight: 0, paddingWidth: 0 },
      ...{ weight: Float32Array.of(1), capacity: 2, threads: 1 },
    });
    conv.forward(new Float32Array(1000), 1, 1000);
    service.configure({ budgetBytes: 2 ** 30 });
    expect(conv.cacheStats().entries).toBe(1);
    service.configure({ budgetBytes: 1000 });
    await vi.waitFor(() => { expect(conv.cacheStats().entries).toBe(0); }, 10_000);
    expect(service.get().memoryBudgetBytes).toBe(1000);
    conv.dispose();
  });
});
