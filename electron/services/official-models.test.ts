import { expect, it } from 'vitest';
import type { ModelFile, SingleModel } from '../weights/formats.ts';
import { offeredModels, publishedQuality } from './official-models.ts';

it('each offer says what it is, how large, and how good where that was published', () => {
  const offers = offeredModels();
  expect(offers.map(({ id, files, bytes }) => [id, files, bytes])).toEqual([
    ['htdemucs', 1, 84_141_911],
    ['htdemucs_ft', 4, 336_565_084],
    ['htdemucs_6s', 1, 54_996_327],
  ]);
  for (const { sources, quality, modes, licence } of offers) {
    expect(modes).toEqual(['full']);
    expect(licence).toContain('MIT');
    expect(quality === null || Object.keys(quality.stems).join() === sources.join()).toBe(true);
  }
});

const model = (digest: string) => ({ format: 'demucs-package', sha256: digest.padEnd(64, '0') }) as SingleModel;
const bag = (...digests: string[]) => ({ format: 'bag', sha256: '', members: digests.map((digest) => ({ model: model(digest), weights: [1] })) }) as unknown as ModelFile;

it('what was published counts for those very files alone', () => {
  expect(publishedQuality(model('8726e21a'))?.stems).toMatchObject({ vocals: 8.93 });
  expect(publishedQuality(bag('ba3fe64a', 'e57c48e6', 'ef3bcb9c', 'f3cf25b2'))?.stems).toMatchObject({ vocals: 9.2 });
  for (const other of [model('00000000'), model('34c22ccb'), bag('ba3fe64a', 'e57c48e6'), bag('8726e21a', '8726e21a'), bag('e57c48e6', 'ba3fe64a', 'ef3bcb9c', 'f3cf25b2')]) {
    expect(publishedQuality(other)).toBeNull();
  }
});
