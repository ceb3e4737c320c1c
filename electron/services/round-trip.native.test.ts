import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StemFormat } from '../contract/separation.ts';
import { fakeNative } from '../engine/testing.ts';
import { decodeAll, noise, writeWave } from '../media/testing.ts';
import { openWorkshop, writeSmallModel, type Workshop } from './testing.ts';

let shop: Workshop;
let shares: Workshop;
beforeAll(async () => {
  shop = await openWorkshop({ sources: ['drums', 'bass', 'other', 'vocals'] });
  shares = await openWorkshop({ sources: ['drums', 'vocals'] }, fakeNative());
});
afterAll(async () => {
  await shop.close();
  await shares.close();
});

function decibels(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
}

async function residual(song: string, stems: { path: string }[]): Promise<Float32Array> {
  const tracks = await Promise.all(stems.map(({ path }) => decodeAll(path)));
  return (await decodeAll(song)).map((value, i) => value - tracks.reduce((sum, track) => sum + (track[i] ?? 0), 0));
}

describe('stems of an exact sum null against the song', () => {
  // Each of four stems is rounded with dither of its own.
  const bounds: [StemFormat, number, number][] = [
    ['wav32f', 44_100, -140],
    ['wav32f', 48_000, -140],
    ['wav24', 48_000, -125],
    ['flac', 44_100, -125],
    ['wav16', 44_100, -80],
  ];
  it.each(bounds)('%s at %i Hz: below %i dBFS', async (format, rate, bound) => {
    const song = join(shop.folder, `${format} ${rate}.wav`);
    await writeWave(song, noise(30_000, 2, 0.1), { rate });
    const report = await shop.separate(song, { exactSum: true, format, clipMode: 'clamp' });
    expect(report.stems.map(({ clippedSamples }) => clippedSamples)).toEqual([0, 0, 0, 0]);
    expect(decibels(await residual(song, report.stems))).toBeLessThan(bound);
    expect(report.nullDepthDb ?? -999).toBeLessThan(-120);
  });

  it('also a mono song, and one in two stems', async () => {
    const song = join(shop.folder, 'mono.wav');
    await writeWave(song, noise(30_000, 1, 0.1), { channels: 1, rate: 32_000 });
    const report = await shop.separate(song, { exactSum: true, format: 'wav32f', twoStems: 'bass' });
    expect(report.stems.map(({ name, channels }) => [name, channels])).toEqual([
      ['bass', 1],
      ['no_bass', 1],
    ]);
    expect(decibels(await residual(song, report.stems))).toBeLessThan(-140);
  });

  it('and without it the report says how far they do not', async () => {
    const song = join(shop.folder, 'inexact.wav');
    await writeWave(song, noise(30_000, 2, 0.1));
    const report = await shop.separate(song, { format: 'wav32f' });
    expect(report.nullDepthDb).toBeCloseTo(decibels(await residual(song, report.stems)), 1);
  });

  it('the null depth counts stems that are not written', async () => {
    const song = join(shop.folder, 'some.wav');
    await writeWave(song, noise(30_000, 2, 0.1));
    const all = await shop.separate(song, { format: 'wav32f' });
    const one = await shop.separate(song, { format: 'wav32f', stems: ['bass'] });
    expect(one.stems.map(({ name }) => name)).toEqual(['bass']);
    expect(one.nullDepthDb).toBeCloseTo(all.nullDepthDb ?? 0, 1);
  });
});

/** The lag, in samples, at which two mono signals agree best. */
function bestLag(a: Float32Array, b: Float32Array, range: number): number {
  const at = (lag: number) => {
    let sum = 0;
    for (let i = range; i < a.length - range; i++) {
      sum += (a[i] ?? 0) * (b[i + lag] ?? 0);
    }
    return sum;
  };
  const lags = Array.from({ length: 2 * range + 1 }, (_, i) => i - range);
  return lags.reduce((best, lag) => (at(lag) > at(best) ? lag : best), 0);
}

describe('stems at the rate of the song lie where the song does', () => {
  it.each([8000, 22_050, 44_100, 48_000, 96_000, 192_000])('%i Hz', async (rate) => {
    // The engine of this workshop returns shares of the mix, so that only the way there and back is heard.
    const song = join(shares.folder, `${rate}.wav`);
    await writeWave(song, noise(6001, 1, 0.3), { rate, channels: 1 });
    const { stems } = await shares.separate(song, { format: 'wav32f' });
    const before = await decodeAll(song);
    const after = await decodeAll(stems[0]?.path ?? '');
    expect(after.length).toBe(before.length);
    expect(bestLag(before, after, 40)).toBe(0);
  });

  it('and at another rate that was asked for, at the same time', async () => {
    const song = join(shares.folder, 'other rate.wav');
    await writeWave(song, noise(6000, 1, 0.3), { rate: 48_000, channels: 1 });
    const { stems, input } = await shares.separate(song, { format: 'wav32f', rate: 96_000 });
    const before = await decodeAll(song);
    const after = (await decodeAll(stems[0]?.path ?? '')).filter((_, i) => i % 2 === 0);
    expect(stems[0]).toMatchObject({ rate: 96_000, samples: 12_000 });
    expect(input.samples).toBe(6000);
    expect(bestLag(before, after, 40)).toBe(0);
  });
});

it('a bag is the weighted average of its models', async () => {
  const folder = join(shop.folder, 'bag');
  await mkdir(folder);
  const members = ['aaaa', 'bbbb', 'cccc', 'dddd'];
  for (const [seed, signature] of members.entries()) {
    await writeSmallModel(join(folder, `${signature}-12345678.safetensors`), { seed: seed + 10 });
  }
  const weights = [
    [1, 0, 0, 0.5],
    [0, 1, 0, 0.25],
    [0, 0, 1, 0.25],
    [0, 0, 0, 1],
  ];
  const bag = join(folder, 'bag.yaml');
  await writeFile(bag, JSON.stringify({ models: members, weights }));
  const song = join(shop.folder, 'for the bag.wav');
  await writeWave(song, noise(30_000, 2, 0.1));

  const run = async (model: string) => Promise.all((await shop.separate(song, { model, mode: 'full', format: 'wav32f' })).stems.map(({ path }) => decodeAll(path)));
  const singles = await Promise.all(members.map((signature) => run(join(folder, `${signature}-12345678.safetensors`))));
  const together = await run(bag);
  together.forEach((stem, source) => {
    const total = weights.reduce((sum, row) => sum + (row[source] ?? 0), 0);
    const expected = stem.map((_, i) => singles.reduce((sum, stems, member) => sum + ((weights[member]?.[source] ?? 0) / total) * (stems[source]?.[i] ?? 0), 0));
    const difference = stem.map((value, i) => value - (expected[i] ?? 0));
    expect(decibels(difference) - decibels(expected)).toBeLessThan(-120);
  });
});
