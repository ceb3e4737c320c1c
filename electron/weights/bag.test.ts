import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StemwrightError } from '../contract/errors.ts';
import { findMember, parseBag } from './bag.ts';
import { readModel } from './formats.ts';
import { TINY_KWARGS, writeTinyModel, writeTinyPackage } from './testing.ts';
import { cpuMs, faultOf } from './testing-faults.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-bag-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const SMALL = { ...TINY_KWARGS, t_layers: 1, dconv_mode: 0 };

async function bag(text: string): Promise<string> {
  const path = join(folder, 'bag.yaml');
  await writeFile(path, text);
  return path;
}

describe('a bag', () => {
  test('joins models of both formats with their weights', async () => {
    await writeTinyPackage(join(folder, 'f7e0c4bc.th'), { seed: 1, kwargs: SMALL });
    await writeTinyModel(join(folder, 'd12395a8-mine.safetensors'), { seed: 2, kwargs: SMALL, metadata: { modes: '["full","time-only"]' } });
    const path = await bag('models: [f7e0c4bc, d12395a8]\nweights:\n  - [1., 0., 0., 0.5]\n  - [0., 1., 1., 0.5]\nsegment: 44\n');
    const read = await readModel(path);
    expect(read).toMatchObject({
      format: 'bag',
      path,
      modes: ['full'],
      members: [
        { model: { format: 'demucs-package' }, weights: [1, 0, 0, 0.5] },
        { model: { format: 'safetensors' }, weights: [0, 1, 1, 0.5] },
      ],
    });
    const other = await readModel(await bag('models: [f7e0c4bc, d12395a8]'));
    expect(other).toMatchObject({ members: [{ weights: [1, 1, 1, 1] }, { weights: [1, 1, 1, 1] }] });
    expect(other.sha256).not.toBe(read.sha256);
  });

  test('of one model is as Demucs writes it', () => {
    expect(parseBag('b', "models: ['955717e8']")).toEqual({ members: [{ signature: '955717e8', weights: null }] });
  });
});

describe('refuses', () => {
  test.each([
    ['models: []', 'is not a Demucs bag: "models" is missing or wrong'],
    ['name: x', 'is not a Demucs bag'],
    ['just words', 'is not a Demucs bag'],
    ['models: [../../etc/passwd]', 'is not a Demucs bag: "models.0" is missing or wrong'],
    ['models: ["a/b"]', 'is not a Demucs bag: "models.0" is missing or wrong'],
    ['models: [a.th]', 'is not a Demucs bag: "models.0" is missing or wrong'],
    [`models: [${'a,'.repeat(16)}a]`, 'is not a Demucs bag: "models" is missing or wrong'],
    ['models: [a]\nmodels: [b]', 'is neither a model nor valid YAML'],
    ['models: [a]\nweights: [[.inf]]', 'is not a Demucs bag: "weights.0.0" is missing or wrong'],
    ['models: [a]\nweights: [[-1]]', 'is not a Demucs bag: "weights.0.0" is missing or wrong'],
    ['models: [a]\nweights: [[1], [1]]', 'has 2 lists of weights for 1 models'],
    ['models: !!python/object/apply:os.system [id]', 'is neither a model nor valid YAML'],
    ['a: &a [x]\nmodels: *a', 'is neither a model nor valid YAML'],
    ['models: [a', 'is neither a model nor valid YAML'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1', 'is not a Demucs bag'],
    ['<!DOCTYPE html><html>not found</html>', 'is not a Demucs bag'],
    [`models: ${'['.repeat(8000)}`, 'is neither a model nor valid YAML'],
    [`${'- '.repeat(4000)}a`, 'is neither a model nor valid YAML'],
    [`{${'a: {'.repeat(2000)}`, 'is neither a model nor valid YAML'],
  ])('%.40s', (text, message) => {
    const started = cpuMs();
    expect(() => parseBag('b', text)).toThrow(StemwrightError);
    expect(cpuMs() - started).toBeLessThan(2000);
    expect(() => parseBag('b', text)).toThrow(message);
  });

  test('a model that is not beside the bag', async () => {
    expect(await faultOf(readModel(await bag('models: [f7e0c4bc]')))).toMatchObject({
      message: expect.stringContaining('needs the model f7e0c4bc, which is not beside it') as string,
      hint: 'Put f7e0c4bc-….th into the same folder.',
    });
  });

  test('a signature that two files have, or a mere prefix of one', async () => {
    for (const name of ['abc-1.th', 'abc.safetensors', 'abcd.th', 'abc.txt']) {
      await writeFile(join(folder, name), '');
    }
    const path = join(folder, 'bag.yaml');
    expect((await faultOf(findMember(path, 'abc'))).message).toContain('"abc-1.th" and "abc.safetensors" are both the model abc');
    expect(await findMember(path, 'abcd')).toBe(join(folder, 'abcd.th'));
  });

  test('models that cannot be averaged', async () => {
    await writeTinyModel(join(folder, 'a.safetensors'), { kwargs: SMALL });
    await writeTinyModel(join(folder, 'b.safetensors'), { kwargs: { ...SMALL, sources: ['vocals', 'rest'] } });
    expect((await faultOf(readModel(await bag('models: [a, b]')))).message).toContain('its models differ in sources');
    expect((await faultOf(readModel(await bag('models: [a]\nweights: [[1, 1]]')))).message).toContain('has 2 weights for 4 sources');
    expect((await faultOf(readModel(await bag('models: [a]\nweights: [[1, 0, 1, 1]]')))).message).toContain('gives no model a weight for bass');
  });

  test('a member that is itself damaged, by its own name', async () => {
    await writeFile(join(folder, 'a.th'), Buffer.from('PK\x03\x04'));
    expect((await faultOf(readModel(await bag('models: [a]')))).message).toBe(`${join(folder, 'a.th')}: has no zip directory: its end is missing`);
  });
});
