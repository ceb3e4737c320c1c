import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ModelCard } from '../electron/contract/model.ts';
import { root } from './setup/paths.mjs';

const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const card = ModelCard.parse(JSON.parse(read('assets', 'models', 'house.json')));
const page = read('docs', 'model.md').replaceAll('−', '-');

it('the page and the card give the same figures', () => {
  const rows = [...page.matchAll(/^\|[^|]*\| (\w+) \| (\d+) \| (-?[\d.]+) \| (-?[\d.]+) \| (-?[\d.]+) \|$/gm)];
  const figures = rows.map(([, stem, ...numbers]) => [stem, ...numbers.map(Number)]);
  expect(figures).toEqual(card.quality.map(({ stem, n, mix, full, timeOnly }) => [stem, n, mix, full, timeOnly]));
});

it('the page names every training source with its licence', () => {
  for (const { name, licence } of card.trainingSources) {
    const row = page.split('\n').find((line) => line.startsWith(`| ${name}`));
    expect(row, name).toContain(licence);
  }
});

it('the card describes the weights beside it', () => {
  const file = readFileSync(join(root, 'assets', 'models', 'house.safetensors'));
  const header = JSON.parse(file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE()))) as {
    __metadata__: Record<string, string>;
  } & Record<string, { shape: number[] }>;
  const { __metadata__: metadata, ...tensors } = header;
  const parameters = Object.values(tensors).reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  expect(card).toMatchObject({
    sources: JSON.parse(metadata['sources'] ?? '') as unknown,
    modes: JSON.parse(metadata['modes'] ?? '') as unknown,
    sampleRate: Number(metadata['samplerate']),
    segment: metadata['segment']?.split('/').map(Number),
    parameters,
    sha256: createHash('sha256').update(file).digest('hex'),
  });
});
