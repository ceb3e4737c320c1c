import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseKwargs } from './config.ts';
import { htdemucsShapes, ruleTensors } from './testing.ts';

// Two models that PyTorch made by the same rule: how many tensors, and the digest of all, sorted by name.
test.each([
  [
    { sources: ['drums', 'bass', 'other', 'vocals'], channels: 8, bottom_channels: 96, t_layers: 3, t_heads: 4, dconv_mode: 3 },
    11, 465, 'dd6e2683318825689eca821b9f51d5c09b25c1f38d2c4bff7294e55a4f342cb4',
  ],
  [
    { sources: ['drums', 'bass', 'other', 'vocals', 'guitar', 'piano'], channels: 12, t_layers: 5, t_heads: 8, dconv_mode: 1 },
    12, 381, 'e6b664c8f4e3db754e422eeaaa957a0bc000ddc74c6021bffd9bf84f1cd5631e',
  ],
])('makes the state dict that PyTorch makes: %j', (kwargs, seed, count, digest) => {
  const tensors = ruleTensors(htdemucsShapes(parseKwargs('m', kwargs)), seed).sort((a, b) => (a.name < b.name ? -1 : 1));
  expect(tensors.length).toBe(count);
  const hash = createHash('sha256');
  for (const { values } of tensors) {
    hash.update(new Uint8Array(values.buffer));
  }
  expect(hash.digest('hex')).toBe(digest);
});
