import { expect, it } from 'vitest';
import { forEachLimited, inGroups } from './limited.ts';

const tick = () => new Promise((resolve) => setTimeout(resolve, 2));

it('runs everything, never more than the limit at once', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await forEachLimited([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, ++running);
    await tick();
    running--;
    done.push(item);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

it('starts nothing after a fault, and ends only when nothing runs any more', async () => {
  const started: number[] = [];
  let running = 0;
  const all = forEachLimited([1, 2, 3, 4], 2, async (item) => {
    started.push(item);
    running++;
    await tick();
    running--;
    if (item === 1) {
      throw new Error('first');
    }
  });
  await expect(all).rejects.toThrow('first');
  expect(started).toEqual([1, 2]);
  expect(running).toBe(0);
});

it('makes groups of neighbours, none empty', () => {
  expect(inGroups([1, 2, 3, 4, 5], 2)).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
  expect(inGroups([1, 2], 4)).toEqual([[1], [2]]);
  expect(inGroups([], 3)).toEqual([]);
});
