import { expect, it } from 'vitest';
import { figureText } from './benchmark.ts';

it.each([
  [{ unit: 'µs', median: 2.1234, low: 2.02, high: 2.23 }, '2.1 µs (±0.1 µs)'],
  [{ unit: 'µs', median: 0.196899, low: 0.196453, high: 0.197355 }, '0.1969 µs (±0.0005 µs)'],
  [{ unit: 's a segment', median: 1.4312, low: 1.42, high: 1.445 }, '1.43 s a segment (±0.01 s)'],
  [{ unit: 'GFLOP/s', median: 233.83, low: 231.2, high: 235.6 }, '234 GFLOP/s (±2 GFLOP/s)'],
  [{ unit: 'rows', median: 16, low: 16, high: 16 }, '16 rows'],
  [{ unit: '', median: 1.7768e-7, low: 1.7768e-7, high: 1.7768e-7 }, '1.8e-7'],
  [{ unit: 'frames', median: 0, low: 0, high: 0 }, '0 frames'],
  [{ unit: 'µs', median: 45, low: 43, high: 47 }, '45 µs (±2 µs)'],
])('%j reads %s', (entry, text) => {
  expect(figureText(entry)).toBe(text);
});
