import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadNative } from '../engine/load.ts';
import { decodeAll, floats, writeWave } from '../media/testing.ts';
import { readModel } from '../weights/formats.ts';
import { readSafetensors } from '../weights/safetensors.ts';
import { FileSource } from '../weights/source.ts';
import { writeTinyModel, writeTinyPackage } from '../weights/testing.ts';
import { runSeparation } from './engine-run.ts';
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
  expect(await relativeError(fixture, 'track_separated', decoded, frames)).toBeLessThan(1e-4);
});

it.each(['standard', 'kahan', 'welford'] as const)('with group norm %s the stems are those of Demucs, and the report says so', async (groupNorm) => {
  const fixture = join(fixtures, 'tiny4-io.safetensors');
  const model = join(shop.folder, 'tiny4-norm.safetensors');
  await writeTinyModel(model, { seed: 11, kwargs: models[0]?.kwargs ?? {} });
  const track = (await readFixture(fixture, 'track')).values;
  const frames = track.length / 2;
  const song = join(shop.folder, `${groupNorm}.wav`);
  await writeWave(song, floats(frames, 2, (frame, channel) => track[channel * frames + frame] ?? 0));

  const report = await shop.separate(song, { model, mode: 'full', format: 'wav32f', groupNorm });
  expect(report.groupNorm).toBe(groupNorm);
  const decoded = await Promise.all(report.stems.map(({ path }) => decodeAll(path)));
  expect(await relativeError(fixture, 'track_separated', decoded, frames)).toBeLessThan(1e-4);
});

it('bf16 comes near Demucs and says so, or is refused where the processor lacks it', async () => {
  const fixture = join(fixtures, 'tiny4-io.safetensors');
  const model = join(shop.folder, 'tiny4-bf16.safetensors');
  await writeTinyModel(model, { seed: 11, kwargs: models[0]?.kwargs ?? {} });
  const track = (await readFixture(fixture, 'track')).values;
  const frames = track.length / 2;
  const song = join(shop.folder, 'bf16.wav');
  await writeWave(song, floats(frames, 2, (frame, channel) => track[channel * frames + frame] ?? 0));

  const run = shop.separate(song, { model, mode: 'full', format: 'wav32f', precision: 'bf16' });
  if (loadNative().info().bf16 === '') {
    await expect(run).rejects.toMatchObject({ code: 'usage', message: 'this processor does not compute in bf16' });
    return;
  }
  const report = await run;
  expect(report.precision).toBe('bf16');
  const decoded = await Promise.all(report.stems.map(({ path }) => decodeAll(path)));
  const error = await relativeError(fixture, 'track_separated', decoded, frames);
  expect(error).toBeLessThan(5e-2);
  // The rounding shows: this is not fp32 under another name.
  expect(error).toBeGreaterThan(1e-4);
});

it('tiny4 as a package in half precision: the output is PyTorch’s with those weights', async () => {
  const { seed, kwargs } = models[0] ?? expect.fail();
  const path = join(shop.folder, 'tiny4.th');
  await writeTinyPackage(path, { seed, kwargs });
  const file = await readModel(path);
  if (file.format === 'bag') {
    expect.fail('a package is no bag');
  }
  const input = (await readFixture(join(fixtures, 'tiny4-io.safetensors'), 'input')).values;
  const frames = input.length / 2;
  const native = loadNative();
  const mix = native.createTrack(join(shop.folder, 'mix.f32'), 2);
  await mix.append(Buffer.from(floats(frames, 2, (frame, channel) => input[channel * frames + frame] ?? 0).buffer));
  await mix.finish();
  const outputs = file.config.sources.map((name) => join(shop.folder, `${name}.f32`));
  const model = await native.openModel({ path, tensors: file.tensors, config: file.config });
  // Without overlap, and as long as a segment, the song is one forward pass.
  await runSeparation(
    native,
    {
      ...{ models: [{ model, weights: outputs.map(() => 1) }], input: join(shop.folder, 'mix.f32'), frames, mean: 0, std: 1, outputs },
      ...{ mode: 'full', segmentSeconds: null, overlap: 0, shifts: 0, seed: 0, threads: 2 },
    },
    () => undefined,
  );
  model.dispose();
  const stems = await Promise.all(outputs.map(async (output) => new Float32Array(Uint8Array.from(await readFile(output)).buffer)));
  expect(await relativeError(join(fixtures, 'tiny4-half.safetensors'), 'output_half_weights', stems, frames)).toBeLessThan(1e-4);
  // The rounding of the weights shows: this is not the output of the full-precision ones.
  expect(await relativeError(join(fixtures, 'tiny4-io.safetensors'), 'output', stems, frames)).toBeGreaterThan(2e-4);
});

/** RMS of the difference over RMS of PyTorch's [stem, channel, frame], where the fixture has its values. */
async function relativeError(fixture: string, name: string, stems: Float32Array[], frames: number): Promise<number> {
  const { values, step } = await readFixture(fixture, name);
  expect(values.length).toBe(Math.ceil((stems.length * 2 * frames) / step));
  const sums = { reference: 0, difference: 0 };
  values.forEach((value, i) => {
    const [stem, rest] = [Math.floor((i * step) / (2 * frames)), (i * step) % (2 * frames)];
    const ours = stems[stem]?.[(rest % frames) * 2 + Math.floor(rest / frames)] ?? Number.NaN;
    sums.reference += value * value;
    sums.difference += (value - ours) ** 2;
  });
  return Math.sqrt(sums.difference / sums.reference);
}
