import { describe, expect, it } from 'vitest';
import { formatDuration, formatLength, formatPosition, spokenTime } from './time.ts';

it.each([
  [0, '0:00'],
  [59.99, '0:59'],
  [252, '4:12'],
  [3725, '1:02:05'],
  [36_000, '10:00:00'],
  [-1, '0:00'],
])('%d s is as long as %s', (seconds, text) => {
  expect(formatLength(seconds)).toBe(text);
});

it.each([
  [84.318, '1:24.318'],
  [0, '0:00.000'],
  [0.9999, '0:00.999'],
  [3599.9996, '59:59.999'],
])('%d s is at %s', (seconds, text) => {
  expect(formatPosition(seconds)).toBe(text);
});

describe('how long something takes', () => {
  it.each([
    [0, '1 s'],
    [26.4, '26 s'],
    [59.6, '1 min 00 s'],
    [133, '2 min 13 s'],
    [3599.6, '1 h 00 min'],
    [3900, '1 h 05 min'],
  ])('%d s: %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

it.each([
  [0, '0 seconds'],
  [1, '1 second'],
  [60, '1 minute'],
  [3661, '1 hour 1 minute 1 second'],
])('%d s is said "%s"', (seconds, text) => {
  expect(spokenTime(seconds)).toBe(text);
});
