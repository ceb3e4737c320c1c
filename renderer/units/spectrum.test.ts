import { expect, it } from 'vitest';
import { heightOf, hopOf, levelFor, tilesOf } from './spectrum.ts';

it.each([
  [1, 0],
  [512, 0],
  [1200, 1],
  [34_000, 6],
  [1e9, 8],
])('%d frames a column are shown at level %d', (framesPerColumn, level) => {
  expect(levelFor(framesPerColumn, 26_460_000)).toBe(level);
});

it('a stretch needs the tiles that it touches, and none outside of the track', () => {
  const size = hopOf(0) * 256;
  expect(tilesOf(0, 0, size, 10 * size)).toEqual([0, 1]);
  expect(tilesOf(0, -size, 3.5 * size, 3 * size)).toEqual([0, 2]);
});

it('frequencies lie by their logarithm', () => {
  expect(heightOf(30, 44_100)).toBe(0);
  expect(heightOf(22_050, 44_100)).toBe(1);
  expect(heightOf(Math.sqrt(30 * 22_050), 44_100)).toBeCloseTo(0.5);
});
