import { describe, expect, it } from 'vitest';
import { planWriting, toDb } from './levels.ts';

const loud = { peak: 2, overs: 7 };
const quiet = { peak: 0.9, overs: 0 };

it('dBFS to a hundredth, null for silence', () => {
  expect(toDb(1)).toBe(0);
  expect(toDb(0.5)).toBe(-6.02);
  expect(toDb(0)).toBeNull();
});

describe('stems within full scale', () => {
  it.each([null, 'float', 'clamp', 'rescale'] as const)('are written as they are with clip mode %s', (mode) => {
    expect(planWriting(null, mode, quiet)).toMatchObject({ format: 'wav24', gain: 1, clipped: false, warning: null });
  });
});

describe('stems beyond full scale', () => {
  it('become float when no format was asked for', () => {
    expect(planWriting(null, null, loud)).toMatchObject({ format: 'wav32f', gain: 1, warning: { code: 'float-format' } });
  });

  it('are clipped and counted in an integer format that was asked for', () => {
    expect(planWriting('flac', null, loud)).toMatchObject({ format: 'flac', clipped: true, warning: { code: 'clipped', message: expect.stringContaining('7 samples') as string } });
  });

  it.each(['wav32f', 'mp3', 'm4a', 'opus'] as const)('do not matter in %s', (format) => {
    expect(planWriting(format, 'clamp', loud)).toMatchObject({ format, gain: 1, clipped: false, warning: null });
  });

  it('are all turned down by one gain, to just below full scale', () => {
    const { gain, format, warning } = planWriting('wav16', 'rescale', loud);
    expect(gain * loud.peak).toBeGreaterThan(0.9999);
    expect(gain * loud.peak).toBeLessThan(1);
    expect(format).toBe('wav16');
    expect(warning?.message).toContain('6.02 dB');
  });
});
