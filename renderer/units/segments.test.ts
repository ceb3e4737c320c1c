import { expect, it } from 'vitest';
import { computedNow } from './segments.ts';

it('from the playhead on, segments are computed in order', () => {
  expect(computedNow([], 1000, 0, 300)).toEqual([0, 300]);
  expect(computedNow([[0, 300]], 1000, 120, 300)).toEqual([300, 600]);
  expect(computedNow([[0, 300]], 1000, 700, 300)).toEqual([600, 900]);
  expect(computedNow([[0, 300], [600, 900]], 1000, 700, 300)).toEqual([900, 1000]);
});

it('then those before it, the nearest first', () => {
  expect(computedNow([[600, 1000]], 1000, 700, 300)).toEqual([300, 600]);
  expect(computedNow([[300, 1000]], 1000, 700, 300)).toEqual([0, 300]);
});

it('nothing is computed of a song that is finished, or whose segments are not known', () => {
  expect(computedNow([[0, 1000]], 1000, 700, 300)).toBeNull();
  expect(computedNow([], 1000, 0, 0)).toBeNull();
});
