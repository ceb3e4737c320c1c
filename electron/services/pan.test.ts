import { expect, it } from 'vitest';
import { panMatrix } from './pan.ts';

const half = Math.SQRT1_2;

it.each([
  [0, [[1, 0], [0, 1]]],
  [-1, [[1, 1], [0, 0]]],
  [1, [[0, 0], [1, 1]]],
  [-0.5, [[1, half], [0, half]]],
  [0.5, [[half, 0], [half, 1]]],
])('stereo at %f', (pan, expected) => {
  expect(panMatrix(pan, 2).flat()).toEqual(expected.flat().map((gain) => expect.closeTo(gain, 12) as number));
});

it.each([
  [0, [half, half]],
  [-1, [1, 0]],
  [1, [0, 1]],
])('mono at %f', (pan, expected) => {
  expect(panMatrix(pan, 1).flat()).toEqual(expected.map((gain) => expect.closeTo(gain, 12) as number));
});
