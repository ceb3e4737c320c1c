import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StemwrightError } from '../contract/errors.ts';
import { convertModel } from './convert.ts';
import { decodeBf16, decodeF16, encodeBf16, encodeF16 } from './float16.ts';
import { readModel, type SingleModel } from './formats.ts';
import { TINY_KWARGS, writeTinyModel, writeTinyPackage } from './testing.ts';
import { encodeSafetensors } from './testing-archives.ts';
import { faultOf } from './testing-faults.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-convert-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function readOne(path: string): Promise<SingleModel> {
  const model = await readModel(path);
  if (model.format === 'bag') {
    throw new Error('is a bag');
  }
  return model;
}

/** A model of one tensor, larger than one chunk. */
async function writeValues(values: Float32Array): Promise<SingleModel> {
  const path = join(folder, 'values.safetensors');
  await writeFile(path, encodeSafetensors([{ name: 'w', shape: [values.length], values }], { kwargs: JSON.stringify(TINY_KWARGS) }));
  return readOne(path);
}

test.each([
  ['fp16', 'F16', encodeF16],
  ['bf16', 'BF16', encodeBf16],
] as const)('%s halves the file and keeps all else', async (precision, dtype, encode) => {
  const path = join(folder, 'tiny.safetensors');
  await writeTinyModel(path, { metadata: { name: 'tiny', modes: '["full","time-only"]' } });
  const model = await readOne(path);
  const target = join(folder, 'half.safetensors');
  await convertModel(model, target, precision);
  const half = await readOne(target);
  expect(half).toMatchObject({ config: model.config, kwargs: model.kwargs, modes: model.modes, card: { name: 'tiny' } });
  const [from, to] = [await readFile(path), await readFile(target)];
  expect(to.length).toBeLessThan(0.7 * from.length);
  for (const [i, tensor] of model.tensors.entries()) {
    const converted = half.tensors[i];
    expect(converted).toMatchObject({ name: tensor.name, shape: tensor.shape, dtype });
    const expected = Array.from({ length: tensor.byteLength / 4 }, (_, k) => encode(from.readFloatLE(tensor.offset + 4 * k)));
    const written = Array.from(expected, (_, k) => to.readUInt16LE((converted?.offset ?? 0) + 2 * k));
    expect(written).toEqual(expected);
  }
  expect(await readdir(folder)).toEqual(['half.safetensors', 'tiny.safetensors']);
});

test('a package in half precision converts without a change of any weight', async () => {
  const path = join(folder, 'tiny.th');
  await writeTinyPackage(path);
  const model = await readOne(path);
  await convertModel(model, join(folder, 'tiny.safetensors'), 'fp16');
  const converted = await readOne(join(folder, 'tiny.safetensors'));
  const [from, to] = [await readFile(path), await readFile(converted.path)];
  for (const [i, tensor] of model.tensors.entries()) {
    const { offset = 0, byteLength = 0 } = converted.tensors[i] ?? {};
    expect(to.subarray(offset, offset + byteLength).equals(from.subarray(tensor.offset, tensor.offset + tensor.byteLength))).toBe(true);
  }
});

test('a tensor of several chunks is converted to its last value', async () => {
  const values = Float32Array.from({ length: 600_001 }, (_, i) => (i - 300_000) / 7);
  await convertModel(await writeValues(values), join(folder, 'out'), 'bf16');
  const bytes = await readFile(join(folder, 'out'));
  const start = bytes.length - 2 * values.length;
  const wrong = values.findIndex((value, i) => decodeBf16(bytes.readUInt16LE(start + 2 * i)) !== decodeBf16(encodeBf16(value)));
  expect(wrong).toBe(-1);
});

test.each([
  [70_000, 'fp16', 'tensor w holds 70000, which F16 cannot', 'Choose --precision bf16.'],
  [Infinity, 'bf16', 'tensor w holds Infinity, which BF16 cannot', 'The model is damaged.'],
  [NaN, 'fp16', 'tensor w holds NaN, which F16 cannot', 'The model is damaged.'],
] as const)('%d does not become %s, and nothing is left behind', async (value, precision, message, hint) => {
  const model = await writeValues(Float32Array.of(1, value));
  const fault = await faultOf(convertModel(model, join(folder, 'out'), precision));
  expect(fault).toEqual({ message: `${model.path}: ${message}`, hint });
  expect(await readdir(folder)).toEqual(['values.safetensors']);
});

test('65519 still fits a half', async () => {
  const model = await writeValues(Float32Array.of(65_519));
  await convertModel(model, join(folder, 'out'), 'fp16');
  expect(decodeF16((await readFile(join(folder, 'out'))).readUInt16LE((await readFile(join(folder, 'out'))).length - 2))).toBe(65_504);
});

test('a folder that cannot be written is an output fault', async () => {
  const model = await writeValues(Float32Array.of(1));
  const attempt = convertModel(model, join(folder, 'none', 'out'), 'fp16');
  await expect(attempt).rejects.toBeInstanceOf(StemwrightError);
  await expect(attempt).rejects.toMatchObject({ code: 'output' });
});
