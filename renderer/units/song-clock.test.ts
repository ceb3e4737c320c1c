import { beforeEach, describe, expect, it } from 'vitest';
import { SongClock } from './song-clock.ts';

let clock: SongClock;
beforeEach(() => {
  clock = new SongClock();
});

describe('a song', () => {
  it('is at its start before anything is known', () => {
    expect(clock.at(12)).toBe(0);
  });

  it('goes on between readings, at its own speed, and stands when it does', () => {
    clock.note(10, 3, 0.5);
    expect(clock.at(10.5)).toBe(3.25);
    clock.note(11, 3.4, 0);
    expect(clock.at(20)).toBe(3.4);
  });

  it('can be asked where it was', () => {
    clock.note(10, 3, 1);
    clock.note(10.5, 3.5, 1);
    clock.note(10.6, 90, 1);
    expect(clock.at(10.7)).toBeCloseTo(90.1, 9);
    expect(clock.at(10.55)).toBeCloseTo(3.55, 9);
  });

  it('does not tremble as readings come late, and follows them all the same', () => {
    clock.note(0, 0, 1);
    let last = 0;
    for (let step = 1; step <= 100; step++) {
      clock.note(step / 30, step / 30 + 0.02 + (step % 2) * 0.01, 1);
      const at = clock.at(step / 30);
      expect(at).toBeGreaterThan(last);
      expect(at - last).toBeLessThan(0.04);
      last = at;
    }
    expect(last).toBeCloseTo(100 / 30 + 0.025, 2);
  });

  it('jumps back at the end of its loop, without waiting for a reading', () => {
    clock.setLoop([2, 4]);
    clock.note(0, 3.9, 1);
    expect(clock.at(0.15)).toBeCloseTo(2.05, 9);
    clock.note(1, 5, 1);
    expect(clock.at(1.5)).toBe(5.5);
  });

  it('does not run away when no readings come', () => {
    clock.note(0, 1, 1);
    expect(clock.at(60)).toBe(2);
  });

  it('tells how old what it tells is, and forgets what must not come back', () => {
    expect(clock.notedAt(5)).toBe(-Infinity);
    clock.note(10, 3, 0);
    clock.note(11, 7, 0);
    expect([clock.notedAt(10.9), clock.notedAt(11), clock.at(10.9)]).toEqual([10, 11, 3]);
    clock.forgetBefore(11);
    expect([clock.at(10.9), clock.at(12)]).toEqual([7, 7]);
  });

  it('is where it is put, at all times', () => {
    clock.note(0, 1, 1);
    clock.put(7);
    expect([clock.at(-5), clock.at(0), clock.at(9)]).toEqual([7, 7, 7]);
  });
});
