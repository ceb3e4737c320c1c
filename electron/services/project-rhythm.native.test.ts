import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadNative } from '../engine/load.ts';
import { decode } from '../media/decode.ts';
import { probe } from '../media/probe.ts';
import { fillTrack } from './engine-run.ts';
import { assetsFolder } from './folders.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-rhythm-'));
});

afterEach(() => rm(folder, { recursive: true }));

it("the demo song's tempo, beats and key are those of its score", async () => {
  const score = await readFile(join(assetsFolder, '../scripts/make-demo/score.py'), 'utf8');
  const tempo = Number(/^TEMPO = (\d+)$/m.exec(score)?.[1]);
  expect(/^KEY = '(.+)'$/m.exec(score)?.[1]).toBe('D major');

  const native = loadNative();
  const track = join(folder, 'song.f32');
  const info = await probe(join(assetsFolder, 'demo', 'mix.flac'));
  await fillTrack(native, { path: track, channels: 2 }, decode(info));
  const found = await native.findRhythm({ track, channels: 2, rate: info.rate });
  expect(found.bpm).toBeCloseTo(tempo, 0);
  expect(found.key).toMatchObject({ tonic: 2, isMinor: false });
  // Its beats are counted from the start of the file; soft notes are heard a little late.
  const period = 60 / tempo;
  const off = found.beats.map((beat) => beat - Math.round(beat / period) * period);
  expect(found.beats.length).toBeGreaterThan(50);
  expect(Math.max(...off.map(Math.abs))).toBeLessThan(0.06);
  expect(Math.abs(off.reduce((sum, value) => sum + value, 0) / off.length)).toBeLessThan(0.015);
});

it('stops when it is asked to', async () => {
  const native = loadNative();
  const track = join(folder, 'long.f32');
  const writer = native.createTrack(track, 1);
  await writer.append(Buffer.alloc(4 * 10_000_000));
  await writer.finish();
  writer.dispose();
  await expect(native.findRhythm({ track, channels: 1, rate: 44_100, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
});
