import { expect, it } from 'vitest';
import { watchOthers } from './other-load.ts';

function watched(after: { busy: number; whole: number; own: number }): boolean {
  const readings = [{ busy: 1000, whole: 4000, own: 500 }, after];
  return watchOthers(() => readings.shift() ?? after)();
}

it('what this program does itself does not count', () => {
  expect(watched({ busy: 1950, whole: 5000, own: 1450 })).toBe(false);
  expect(watched({ busy: 1950, whole: 5000, own: 1000 })).toBe(true);
});

it('a moment too short to be measured says nothing', () => {
  expect(watched({ busy: 1000, whole: 4000, own: 500 })).toBe(false);
});

it('reads the machine that it runs on', () => {
  expect([true, false]).toContain(watchOthers()());
});
