import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SpectrumTiles } from './spectrum.ts';

let folder: string;
let track: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-spectrum-'));
  track = join(folder, 'a.f32');
  await writeFile(track, '');
});
afterEach(() => rm(folder, { recursive: true }));

const perTile = 256 * 512;
const spectrumTile = vi.fn(({ level, index }: { level: number; index: number }) => Promise.resolve(Buffer.from([level, index])));
const layout = (frames: number) => ({ channels: 2, rate: 44_100, frames });

it.each([
  [perTile, 0, 0, true],
  [perTile, 0, 1, false],
  [perTile + 1, 0, 1, true],
  [perTile, 1, 0, false],
  [perTile + 1, 1, 0, true],
  [perTile + 1, 2, 0, false],
  [perTile * 8, 3, 0, true],
  [perTile * 8, 2, 1, true],
  [perTile * 8, 2, 2, false],
  [1, 0, 0, true],
  [0, 0, 0, false],
  [perTile, 999_999_999, 0, false],
  [perTile, 0, 999_999_999, false],
])('of %i frames, level %i has tile %i: %s', async (frames, level, index, exists) => {
  const tile = await new SpectrumTiles({ spectrumTile }).tile(track, layout(frames), level, index);
  expect(tile === null).toBe(!exists);
});

it('a tile is computed once, and again when the track has changed', async () => {
  spectrumTile.mockClear();
  const tiles = new SpectrumTiles({ spectrumTile });
  await Promise.all([tiles.tile(track, layout(1000), 0, 0), tiles.tile(track, layout(1000), 0, 0)]);
  await tiles.tile(track, layout(1000), 0, 0);
  expect(spectrumTile).toHaveBeenCalledTimes(1);
  await utimes(track, 1, 1);
  await tiles.tile(track, layout(1000), 0, 0);
  expect(spectrumTile).toHaveBeenCalledTimes(2);
});

it('a tile that failed is tried again', async () => {
  const failing = vi.fn().mockRejectedValueOnce(new Error('broken')).mockResolvedValueOnce(Buffer.from([1]));
  const tiles = new SpectrumTiles({ spectrumTile: failing });
  await expect(tiles.tile(track, layout(1000), 0, 0)).rejects.toThrow('broken');
  expect(await tiles.tile(track, layout(1000), 0, 0)).toEqual(Buffer.from([1]));
});

it('only so many tiles are kept', async () => {
  spectrumTile.mockClear();
  const tiles = new SpectrumTiles({ spectrumTile });
  const long = layout(perTile * 1000);
  for (let index = 0; index < 600; index++) {
    await tiles.tile(track, long, 0, index);
  }
  await tiles.tile(track, long, 0, 599);
  expect(spectrumTile).toHaveBeenCalledTimes(600);
  await tiles.tile(track, long, 0, 0);
  expect(spectrumTile).toHaveBeenCalledTimes(601);
});
