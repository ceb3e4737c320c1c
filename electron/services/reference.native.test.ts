import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeAll, floats, writeWave } from '../media/testing.ts';
import { readSafetensors } from '../weights/safetensors.ts';
import { FileSource } from '../weights/source.ts';
import { writeTinyModel } from '../weights/testing.ts';
import { openWorkshop, type Workshop } from './testing.ts';

const fixtures = fileURLToPath(new URL('../../native/tests/fixtures/', import.meta.url));
const common = { nfft: 4096, depth: 4, dconv_comp: 8 };
const models = [
  {
    name: 'tiny4',
    seed: 11,
    kwargs: { ...common, segment: [3, 10], channels: 8, bottom_channels: 96, t_layers: 3, t_heads: 4, dconv_mode: 3 },
  },
  {
    name: 'tiny6',
    seed: 12,
    kwargs: { ...common, sources: ['drums', 'bass', 'other', 'vocals', 'guitar', 'piano'], segment: [3, 5], channels: 12, bottom_channels: 0, t_layers: 5, t_heads: 8, dconv_mode: 1 },
  },
];

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.close());

/** A tensor of the fixture; a name `x@17` holds each 17th value of PyTorch's `x`. */
async function readFixture(path: string, prefix: string): Promise<{ values: Float32Array; step: number }> {
  const source = await FileSource.open(path);
  const { tensors } = await readSafetensors(source);
  await source.close();
  const found = tensors.find(({ name }) => name === prefix || name.startsWith(`${prefix}@`));
  const start = found?.offset ?? 0;
  const bytes = (await readFile(path)).subarray(start, start + (found?.byteLength ?? 0));
  return { values: new Float32Array(Uint8Array.from(bytes).buffer), step: Number(found?.name.split('@')[1] ?? 1) };
}

it.each(models)('$name: the stems are those of Demucs', async ({ name, seed, kwargs }) => {
  const fixture = join(fixtures, `${name}-io.safetensors`);
  const model = join(shop.folder, `${name}.safetensors`);
  await writeTinyModel(model, { seed, kwargs });
  const track = (await readFixture(fixture, 'track')).values;
  const frames = track.length / 2;
  const song = join(shop.folder, `${name}.wav`);
  await writeWave(song, floats(frames, 2, (frame, channel) => track[channel * frames + frame] ?? 0));

  const { stems } = await shop.separate(song, { model, mode: 'full', format: 'wav32f' });
  const decoded = await Promise.all(stems.map(({ path }) => decodeAll(path)));
  const { values, step } = await readFixture(fixture, 'track_separated');
  const sums = { reference: 0, difference: 0 };
  values.forEach((value, i) => {
    const [stem, rest] = [Math.floor((i * step) / (2 * frames)), (i * step) % (2 * frames)];
    const ours = decoded[stem]?.[(rest % frames) * 2 + Math.floor(rest / frames)] ?? Number.NaN;
    sums.reference += value * value;
    sums.difference += (value - ours) ** 2;
  });
  expect(values.length).toBe(Math.ceil((decoded.length * 2 * frames) / step));
  expect(Math.sqrt(sums.difference / sums.reference)).toBeLessThan(1e-4);
});
