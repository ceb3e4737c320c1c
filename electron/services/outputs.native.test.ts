import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeparationReport, stemFormats } from '../contract/separation.ts';
import { probe } from '../media/probe.ts';
import { decodeAll, ffmpeg, noise, sineFloats, tone, writeWave } from '../media/testing.ts';
import { writeTinyModel } from '../weights/testing.ts';
import { openWorkshop, writeSmallModel, type Workshop } from './testing.ts';

const rate = 44_100;
const samples = 30_000;
const codecs = { wav16: 'pcm_s16le', wav24: 'pcm_s24le', wav32f: 'pcm_f32le', flac: 'flac', mp3: 'mp3', m4a: 'aac', opus: 'opus' };

let shop: Workshop;
let song: string;
let loud: string;
beforeAll(async () => {
  shop = await openWorkshop({ sources: ['drums', 'vocals'] });
  song = join(shop.folder, 'song.flac');
  const cover = ['-f', 'lavfi', '-i', 'color=c=blue:s=16x16:d=0.04', '-map', '0:a', '-map', '1:v', '-c:v', 'png', '-disposition:v', 'attached_pic'];
  const tags = ['-metadata', 'title=Caf\u00e9 = "1"; #2', '-metadata', 'artist=Some One', '-metadata', 'album=-nostdin'];
  await ffmpeg(...tone(['0.3*sin(2765*t)', '0.2*sin(4147*t)'], rate, samples), ...cover, ...tags, `file:${song}`);
  loud = join(shop.folder, 'loud.wav');
  await writeWave(loud, noise(samples, 2, 8));
});
afterAll(() => shop.close());

describe('each format', () => {
  it.each(stemFormats)('%s: coder, length, tags and cover', async (format) => {
    const report = await shop.separate(song, { format, clipMode: 'rescale' });
    const written = format === 'opus' ? 48_000 : rate;
    expect(report.warnings.map(({ code }) => code)).toEqual(format === 'opus' ? ['rate-changed'] : []);
    for (const stem of report.stems) {
      const info = await probe(stem.path);
      expect(info).toMatchObject({ codec: codecs[format], rate: written, channels: 2 });
      expect((await decodeAll(stem.path)).length / 2).toBe(stem.samples);
      const tags = Object.fromEntries(Object.entries(info.tags).map(([name, value]) => [name.toLowerCase(), value]));
      expect(tags).toMatchObject({ title: 'Caf\u00e9 = "1"; #2', artist: 'Some One', album: '-nostdin' });
      expect(info.cover?.codec ?? null).toBe(format.startsWith('wav') ? null : 'png');
    }
  });

  it('integers are dithered: a tone below half a step is still there', async () => {
    const quiet = join(shop.folder, 'quiet.wav');
    await writeWave(quiet, sineFloats(samples, 2, 0.2 / 32_768));
    const { stems } = await shop.separate(quiet, { format: 'wav16', exactSum: true });
    const decoded = await Promise.all(stems.map(({ path }) => decodeAll(path)));
    const wanted = await decodeAll(quiet);
    const correlation = wanted.reduce((sum, value, i) => sum + value * decoded.reduce((total, track) => total + (track[i] ?? 0), 0), 0);
    const power = wanted.reduce((sum, value) => sum + value * value, 0);
    expect(correlation / power).toBeGreaterThan(0.8);
    expect(correlation / power).toBeLessThan(1.2);
  });
});

describe('stems beyond full scale', () => {
  it('become float when nothing was asked for', async () => {
    const { stems, warnings } = await shop.separate(loud);
    expect(warnings.map(({ code }) => code)).toEqual(['float-format']);
    expect((await probe(stems[0]?.path ?? '')).codec).toBe('pcm_f32le');
    expect(Math.max(...stems.map(({ peakDb }) => peakDb ?? -99))).toBeGreaterThan(0);
  });

  it('are clipped and counted in an integer format that was asked for', async () => {
    const { stems, warnings } = await shop.separate(loud, { format: 'wav16' });
    expect(warnings.map(({ code }) => code)).toEqual(['clipped']);
    const [first] = stems;
    const decoded = await decodeAll(first?.path ?? '');
    const atFullScale = decoded.filter((value) => Math.abs(value) > 0.9999).length;
    expect(first?.clippedSamples).toBeGreaterThan(0);
    expect(Math.abs(atFullScale - (first?.clippedSamples ?? 0))).toBeLessThan(0.01 * atFullScale + 10);
  });

  it('are turned down together by rescale', async () => {
    const clipped = await shop.separate(loud, { format: 'wav32f' });
    const { stems, warnings } = await shop.separate(loud, { format: 'wav24', clipMode: 'rescale' });
    expect(warnings.map(({ code }) => code)).toEqual(['rescaled']);
    const [before, after] = [clipped.stems, stems].map((list) => Promise.all(list.map(async ({ path }) => (await decodeAll(path)).reduce((peak, value) => Math.max(peak, Math.abs(value)), 0))));
    const gains = (await after)?.map(async (peak, i) => peak / ((await before)?.[i] ?? 0)) ?? [];
    const [first = 0, second = 0] = await Promise.all(gains);
    expect(Math.max(...((await after) ?? []))).toBeCloseTo(1, 4);
    expect(first / second).toBeCloseTo(1, 4);
  });
});

it('the folder holds the stems and the report, and nothing else is left', async () => {
  const report = await shop.separate(song, { out: join(shop.folder, 'alone') });
  const folder = dirname(report.stems[0]?.path ?? '');
  expect(basename(folder)).toBe('song');
  expect((await readdir(folder)).sort()).toEqual(['drums.wav', 'separation.json', 'vocals.wav']);
  expect(await readdir(join(shop.folder, 'alone'))).toEqual(['song']);
  expect(SeparationReport.parse(JSON.parse(await readFile(join(folder, 'separation.json'), 'utf8')))).toEqual(report);
});

it('a mode that the model was not trained for is run, with a warning', async () => {
  const model = join(shop.folder, 'full only.safetensors');
  await writeTinyModel(model, { kwargs: { nfft: 4096, depth: 4, segment: [1, 4] } });
  const { warnings } = await shop.separate(song, { model, mode: 'time-only' });
  expect(warnings.map(({ code }) => code)).toContain('unproven-mode');
});

it('a model of one channel gives mono stems of a stereo song', async () => {
  const model = join(shop.folder, 'mono.safetensors');
  await writeSmallModel(model, { kwargs: { audio_channels: 1 } });
  const { stems } = await shop.separate(song, { model, exactSum: true, format: 'wav32f' });
  expect(stems.map(({ channels }) => channels)).toEqual([1, 1, 1, 1]);
  const [mix, ...tracks] = await Promise.all([song, ...stems.map(({ path }) => path)].map((path) => decodeAll(path)));
  const residual = tracks[0]?.map((_, i) => ((mix?.[2 * i] ?? 0) + (mix?.[2 * i + 1] ?? 0)) / 2 - tracks.reduce((sum, track) => sum + (track[i] ?? 0), 0));
  expect(Math.max(...(residual ?? [1]).map(Math.abs))).toBeLessThan(1e-6);
});

it('shifts are repeatable by their seed', async () => {
  const run = async (seed: number) => decodeAll((await shop.separate(song, { format: 'wav32f', shifts: 2, seed })).stems[0]?.path ?? '');
  const [first, again, other] = [await run(1), await run(1), await run(2)];
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});
