import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadNative } from './load.ts';
import type { MonitorSong, MonitorStrip, NativeMonitor } from './native-sound.ts';

const native = loadNative();
const rate = 48_000;
const open: MonitorStrip = { gain: 1, pan: 0, isMuted: false, isSolo: false };
let folder: string;
let monitor: NativeMonitor;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stemwright-monitor-'));
  monitor = await native.openMonitor({ device: 'none', rate, blockFrames: 128 });
});

afterEach(async () => {
  await monitor.close();
  rmSync(folder, { recursive: true });
});

/** A song of two stems: a constant each, so that what is heard says which strips are open. */
function song(change: Partial<MonitorSong> = {}): MonitorSong {
  const tracks = [0.25, 0.5].map((level, index) => {
    const path = join(folder, `${String(index)}.f32`);
    writeFileSync(path, Buffer.from(new Float32Array(2 * 10 * rate).fill(level).buffer));
    return { path, channels: 2, isGrowing: false, isSoloSafe: false, strip: open };
  });
  return { tracks, rate, finished: null, position: 0, ...change };
}

/** The last samples that were played, once they are that. */
async function hear(level: number, digits = 6): Promise<void> {
  await vi.waitFor(
    () => {
      const bytes = monitor.readOutput(rate);
      const sound = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      expect(sound.at(-1)).toBeCloseTo(level, digits);
    },
    { timeout: 10_000, interval: 20 },
  );
}

test('plays, mixes, pauses and tells what it does', async () => {
  expect(monitor.info).toEqual({ device: 'No sound device', isSilent: true, rate, blockFrames: 128, inputs: 0 });
  await monitor.load(song());
  monitor.play();
  await hear(0.75);
  monitor.setStrip(0, { ...open, gain: 0.5 });
  await hear(0.625);
  monitor.setStrip(1, { ...open, isSolo: true });
  await hear(0.5);
  monitor.setMaster(0.5);
  await hear(0.25);
  const meters = monitor.meters();
  expect(meters).toMatchObject({ isPlaying: true, songs: 1, lateReads: 0, readFaults: 0, isDeviceRunning: true });
  expect(meters.strips).toHaveLength(2);
  expect(meters.master.peak[0]).toBeGreaterThan(0.2);
  monitor.loop([rate, 2 * rate]);
  monitor.seek(2 * rate - 1000);
  await vi.waitFor(() => {
    expect(monitor.meters().position).toBeGreaterThan(rate);
    expect(monitor.meters().position).toBeLessThan(2 * rate - 1000);
  });
  monitor.pause();
  await hear(0);
  expect(monitor.meters().isPlaying).toBe(false);
});

test('plays at another speed, tells where in the song it is, and back', async () => {
  await monitor.load(song());
  await monitor.setTimePitch(-2, 0.5);
  monitor.play();
  // Constant tracks stay what they are.
  await hear(0.75, 2);
  const [from, position] = [performance.now(), monitor.meters().position];
  await vi.waitFor(() => {
    expect(monitor.meters().position).toBeGreaterThan(position + rate / 4);
  });
  expect(performance.now() - from).toBeGreaterThan(400);
  await monitor.setTimePitch(0, 1);
  await hear(0.75);
  await expect(monitor.setTimePitch(13, 1)).rejects.toMatchObject({ code: 'invalid-argument' });
});

test('a growing stem is heard where it is final', async () => {
  const growing = song();
  growing.tracks.forEach((track) => (track.isGrowing = true));
  await monitor.load(growing);
  monitor.loop([0, rate]);
  monitor.play();
  await hear(0);
  monitor.setFinished([[0, 10 * rate]]);
  await hear(0.75);
});

test('what does not fit is refused with a code or a TypeError, and the song plays on', async () => {
  await monitor.load(song());
  monitor.play();
  const missing = song();
  missing.tracks.forEach((track) => (track.path = join(folder, 'none.f32')));
  await expect(monitor.load(missing)).rejects.toMatchObject({ code: 'input' });
  expect(() => {
    monitor.setStrip(9, open);
  }).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  expect(() => {
    monitor.seek(-1);
  }).toThrow(TypeError);
  await hear(0.75);
  await expect(native.openMonitor({ device: 'no such/device', rate: null, blockFrames: null })).rejects.toMatchObject({ code: 'output' });
});

test('a closed monitor takes no calls', async () => {
  const other = await native.openMonitor({ device: 'none', rate: null, blockFrames: null });
  await other.close();
  expect(() => other.meters()).toThrow('closed');
});
