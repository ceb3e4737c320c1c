import { describe, expect, it } from 'vitest';
import { cutBands, gainAt, type Band } from './eq.ts';

const rate = 48_000;
const band = (change: Partial<Band>): Band => ({ kind: 'peak', hz: 1000, q: 1, gainDb: 6, isOn: true, ...change });

describe('a filter', () => {
  it.each([
    ['peak', 1000, 6], ['peak', 20, 0],
    ['lowshelf', 20, 6], ['lowshelf', 20_000, 0],
    ['highshelf', 20, 0], ['highshelf', 20_000, 6],
    ['lowpass', 20, 0], ['highpass', 20_000, 0],
    ['bandpass', 1000, 0], ['notch', 20, 0],
  ] as const)('%s at %d Hz is at %d dB', (kind, hz, db) => {
    expect(gainAt([band({ kind })], hz, rate)).toBeCloseTo(db, 1);
  });

  it('of half the power lies 3 dB down, and falls by 12 dB an octave', () => {
    const cut = cutBands(1000, null);
    expect(gainAt(cut, 1000, rate)).toBeCloseTo(-3.01, 2);
    expect(gainAt(cut, 62.5, rate) - gainAt(cut, 31.25, rate)).toBeCloseTo(12, 1);
  });

  it('adds to the others, and does nothing when it is off', () => {
    expect(gainAt([band({}), band({ gainDb: -2 })], 1000, rate)).toBeCloseTo(4, 6);
    expect(gainAt([band({ isOn: false })], 1000, rate)).toBe(0);
    expect(cutBands(null, null)).toEqual([]);
  });
});
