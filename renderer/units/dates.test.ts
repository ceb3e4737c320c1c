import { expect, it } from 'vitest';
import { formatDay } from './dates.ts';

const now = new Date(2026, 10, 23, 12, 0);

it.each([
  [new Date(2026, 10, 23, 0, 4), 'Today, 00:04'],
  [new Date(2026, 10, 22, 23, 59), 'Yesterday'],
  [new Date(2026, 10, 1, 9, 0), '1 Nov'],
  [new Date(2025, 10, 19, 9, 0), '19 Nov 2025'],
])('%s is %s', (date, text) => {
  expect(formatDay(date.toISOString(), now)).toBe(text);
});
