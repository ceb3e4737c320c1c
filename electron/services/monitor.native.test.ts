import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reverbModes } from '../contract/effects.ts';
import { loadNative } from '../engine/load.ts';
import type { NativeMonitor } from '../engine/native-sound.ts';
import { Monitor } from './monitor.ts';
import { playableProject } from './playable-song.ts';
import { ProjectLibrary } from './projects.ts';
import type { ResponseStore } from './response-library.ts';
import { openTestResponses, reverb } from './testing-responses.ts';
import { writeProject } from './testing-studio.ts';

const strip = { gain: 1, pan: 0, isMuted: false, isSolo: false };
let folder: string;
let device: NativeMonitor | null = null;
let monitor: Monitor;
let responses: ResponseStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-monitor-'));
  const library = new ProjectLibrary(folder);
  const native = loadNative();
  responses = await openTestResponses(folder, native);
  const ignore = (): void => undefined;
  monitor = new Monitor({
    tailDevice: () => Promise.resolve('no GPU'),
    ...{ responses, find: async (id: string) => playableProject(await library.find(id)), onState: ignore, onDevices: ignore, isHeeded: () => false, onMeters: ignore, onTransport: ignore },
    native: { ...native, openMonitor: async (spec) => (device = await native.openMonitor(spec)) },
  });
  await monitor.open({ device: 'none', rate: 44_100, blockFrames: 64, inputs: 0 });
  const project = await writeProject(folder, 'Song');
  await monitor.load({ project, tracks: ['drums', 'lead vocals'].map((name) => ({ kind: 'stem' as const, name, strip })), position: 0 });
});

afterEach(async () => {
  await monitor.close();
  await responses.close();
  await rm(folder, { recursive: true });
});

/** Plays, and hears it for at least so many frames. */
async function listen(most: number): Promise<Float32Array> {
  device?.readOutput(10 * 44_100);
  await monitor.play();
  let bytes = Buffer.alloc(0);
  await vi.waitFor(
    () => {
      bytes = Buffer.concat([bytes, device?.readOutput(most) ?? Buffer.alloc(0)]);
      expect(bytes.length).toBeGreaterThan(most * 8);
    },
    { timeout: 10_000, interval: 20 },
  );
  return new Float32Array(new Uint8Array(bytes).buffer);
}

test('what is played is the sum of the stems', async () => {
  const heard = await listen(20_000);
  // Sample i of each stem is i / 4096, and the first 5 ms are faded in.
  const [from, to] = [600, 1800];
  const start = heard.indexOf((2 * from) / 4096);
  expect(start).toBeGreaterThan(-1);
  const expected = Array.from({ length: to - from }, (_, i) => (2 * (from + i)) / 4096);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - (heard[start + i] ?? NaN))));
  expect(worst).toBeLessThan(1e-6);
});

test('a reverb that comes with the studio is heard after the song has ended', async () => {
  const place = { strip: 'master', slot: 0 } as const;
  await monitor.setEffect(place, reverb);
  const heard = await listen(20_000);
  const energyAfter = (frame: number): number => heard.subarray(2 * frame).reduce((sum, value) => sum + value * value, 0);
  const end = heard.findIndex((value) => value !== 0) / 2 + 1100;
  // The song itself has ended there.
  expect(energyAfter(Math.ceil(end))).toBeGreaterThan(1e-3);
  await expect(monitor.setEffect(place, { ...reverb, response: { path: join(folder, 'none.wav') } })).rejects.toMatchObject({ code: 'input' });
});

test('each mode of a reverb is measured as it would run here, and nothing that is heard changes', async () => {
  const loads = await monitor.measureModes(reverb);
  expect(loads.map(({ mode }) => mode)).toEqual([...reverbModes]);
  const [direct, fft, uniform, partitioned] = reverbModes.map((mode) => loads.find((one) => one.mode === mode));
  for (const one of loads) {
    expect(one.load, one.mode).toBeGreaterThan(0);
    expect(one.worstLoad, one.mode).toBeGreaterThanOrEqual(one.load);
  }
  expect([direct?.latencySeconds, partitioned?.latencySeconds, uniform?.latencySeconds]).toEqual([0, 0, 64 / 44_100]);
  // A whole response late.
  expect(fft?.latencySeconds).toBeGreaterThan(0.2);
  // So many taps a sample; a transform of one block and its partitions.
  expect(direct?.load).toBeGreaterThan(2 * (partitioned?.load ?? Infinity));
  expect(monitor.state?.effects).toEqual([]);
  await expect(monitor.measureModes({ ...reverb, response: { path: join(folder, 'none.wav') } })).rejects.toMatchObject({ code: 'input' });
});
