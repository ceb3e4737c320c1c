import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinsOf, measureJoins } from './joins.ts';

const rate = 44_100;
const frames = 100_000;
const joins = [30_000, 65_536];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-joins-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function track(name: string, sample: (frame: number) => number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, Buffer.from(Float32Array.from({ length: 2 * frames }, (_, i) => sample(Math.floor(i / 2))).buffer));
  return path;
}
const sine = (frame: number): number => 0.25 * Math.sin(frame / 20);
const { signal } = new AbortController();

it('segments begin and end in the song', () => {
  expect(joinsOf(100, 40, 0.25)).toEqual([30, 40, 60, 70, 90]);
  expect(joinsOf(30, 40, 0.25)).toEqual([]);
});

it('a smooth song has no joins to be heard, and adds up', async () => {
  const [mix, half] = [await track('mix', sine), await track('half', (frame) => sine(frame) / 2)];
  const { residualDb, restResidualDb, roughnessDb } = await measureJoins({ mix, stems: [half, half], channels: 2, joins, rate }, signal);
  expect(residualDb).toBe(-200);
  expect(restResidualDb).toBe(-200);
  expect(Math.abs(roughnessDb)).toBeLessThan(1);
});

it('a step at a join is heard, and missing from the sum', async () => {
  const mix = await track('mix', sine);
  const stepped = await track('stepped', (frame) => sine(frame) + (frame >= 30_000 && frame < 65_536 ? 0.1 : 0));
  const { residualDb, restResidualDb, roughnessDb } = await measureJoins({ mix, stems: [stepped], channels: 2, joins, rate }, signal);
  expect(roughnessDb).toBeGreaterThan(20);
  // Half of what is near a join, and about a third of the rest.
  expect(residualDb).toBeCloseTo(20 * Math.log10(0.1) - 3, 0);
  expect(restResidualDb).toBeCloseTo(20 * Math.log10(0.1) - 4.5, 0);
});

it('stops when it is told to', async () => {
  const mix = await track('mix', sine);
  await expect(measureJoins({ mix, stems: [mix], channels: 2, joins, rate }, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
});
