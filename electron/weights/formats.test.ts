import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readModel } from './formats.ts';
import { FileSource } from './source.ts';
import { TINY_KWARGS, writeTinyModel, writeTinyPackage } from './testing.ts';
import { encodeSafetensors, encodeZip } from './testing-archives.ts';
import { faultOf } from './testing-faults.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-weights-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const metalAudio = [
  { name: 'time_encoder.0.conv.weight', shape: [1], values: new Float32Array(1) },
  { name: 'freq_decoder.0.conv_transpose.bias', shape: [1], values: new Float32Array(1) },
];

async function file(name: string, content: Buffer | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('recognises by content', () => {
  test('safetensors under a wrong name', async () => {
    const path = join(folder, 'model.th');
    await writeTinyModel(path, { metadata: { name: 'tiny', modes: '["full","time-only"]' } });
    expect(await readModel(path)).toMatchObject({
      format: 'safetensors',
      path,
      modes: ['full', 'time-only'],
      card: { name: 'tiny' },
      kwargs: TINY_KWARGS,
      config: { segment: [1, 4], channels: 4 },
      sha256: createHash('sha256').update(await readFile(path)).digest('hex'),
    });
  });

  test('a Demucs package under a wrong name', async () => {
    const path = join(folder, 'model.safetensors');
    await writeTinyPackage(path);
    expect(await readModel(path)).toMatchObject({ format: 'demucs-package', modes: ['full'], kwargs: TINY_KWARGS });
  });

  test("MetalAudio's names", async () => {
    const path = await file('m.safetensors', encodeSafetensors(metalAudio, { kwargs: JSON.stringify(TINY_KWARGS) }));
    expect(await readModel(path)).toMatchObject({ tensors: [{ name: 'tencoder.0.conv.weight' }, { name: 'decoder.0.conv_tr.bias' }] });
  });

  test('kwargs in a JSON file beside the weights', async () => {
    const path = await file('m.safetensors', encodeSafetensors(metalAudio, {}));
    expect(await faultOf(readModel(path))).toEqual({
      message: `${path}: has no kwargs in its metadata`,
      hint: `Put the model's Demucs kwargs into ${join(folder, 'm.json')}.`,
    });
    const beside = await file('m.json', JSON.stringify(TINY_KWARGS));
    expect(await readModel(path)).toMatchObject({ config: { channels: 4 } });
    await writeFile(beside, '{"channels":4,"channels":8}');
    expect((await faultOf(readModel(path))).message).toBe(`${beside}: its text holds the name "channels" twice`);
  });
});

describe('an official package', () => {
  test('must have the digest of its name', async () => {
    const written = join(folder, 'm.th');
    await writeTinyPackage(written);
    const { sha256 } = await readModel(written);
    const right = join(folder, `955717e8-${sha256.slice(0, 8)}.th`);
    await rename(written, right);
    expect(await readModel(right)).toMatchObject({ sha256 });
    const wrong = join(folder, '955717e8-00000000.th');
    await rename(right, wrong);
    expect((await faultOf(readModel(wrong))).message).toBe(`${wrong}: has the SHA-256 ${sha256.slice(0, 8)}…, not the one in its name`);
  });
});

describe('refuses in one line', () => {
  const foreign: Record<string, [Buffer | string, string]> = {
    'an empty file': ['', 'is empty'],
    'zeros': [Buffer.alloc(5000), 'is not a model file'],
    'a wave file': [Buffer.concat([Buffer.from('RIFF'), Buffer.from([36, 0, 0, 0]), Buffer.from('WAVEfmt ')]), 'is not a model file'],
    'a pickle without a zip': [Buffer.concat([Buffer.from([0x80, 2, 0x8a, 10]), Buffer.from('6cfc9c46f9206aa85019', 'hex')]), 'is in the format of PyTorch before 1.6'],
    'ONNX': [Buffer.from([0x08, 0x07, 0x12, 0x07, ...Buffer.from('pytorch')]), 'is an ONNX or Core ML model, which is not supported'],
    'Core ML': [Buffer.from([0x08, 0x05, 0x12, 0x20, 0x0a, 0x10, 0x0a, 0x05]), 'is an ONNX or Core ML model, which is not supported'],
    'a zip of pictures': [encodeZip([{ name: 'a.png', data: Buffer.from('x') }]), 'is a zip, but not a PyTorch file'],
    'a RoFormer in safetensors': [encodeSafetensors([{ name: 'band_split.to_features.0.0.gamma', shape: [1], values: new Float32Array(1) }], {}), 'is a RoFormer model, which is not supported'],
    'a long text': ['# words\n'.repeat(10_000), 'is a text file, but too large to be a bag'],
    'a web page': ['<html></html>', 'is not a Demucs bag'],
    'unknown modes': [encodeSafetensors(metalAudio, { kwargs: JSON.stringify(TINY_KWARGS), modes: '["fast"]' }), 'its modes are not a list of "full" and "time-only"'],
    'kwargs that are no JSON': [encodeSafetensors(metalAudio, { kwargs: '{' }), 'its kwargs is not valid JSON'],
  };

  test.each(Object.entries(foreign))('%s', async (_, [content, message]) => {
    const path = await file('model', content);
    expect((await faultOf(readModel(path))).message).toContain(`${path}: ${message}`);
  });

  test('what is no file', async () => {
    expect((await faultOf(readModel(join(folder, 'none')))).message).toContain('does not exist');
    expect((await faultOf(readModel(folder))).message).toContain('is a folder');
  });

  test.skipIf(process.platform === 'win32')('what a read would never end of', async () => {
    expect((await faultOf(readModel('/dev/zero'))).message).toContain('is not a regular file');
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    expect((await faultOf(readModel(join(folder, 'fifo')))).message).toContain('is not a regular file');
  });

  test('a Core ML package', async () => {
    await mkdir(join(folder, 'm.mlpackage'));
    await file('m.mlpackage/Manifest.json', '{}');
    expect((await faultOf(readModel(join(folder, 'm.mlpackage')))).message).toContain('is a Core ML package, which is not supported');
  });

  test.skipIf(process.platform === 'win32')('a name with control characters stays one line', async () => {
    const path = await file('a\nb\u001b[2J', '');
    expect((await faultOf(readModel(path))).message).toContain('a\\u{a}b\\u{1b}[2J: is empty');
  });

  test('a file that shrinks while it is read', async () => {
    const path = await file('m', Buffer.alloc(1000));
    const source = await FileSource.open(path);
    await truncate(path, 10);
    expect((await faultOf(source.read(0, 1000))).message).toContain('became shorter while it was read');
    await source.close();
  });
});
