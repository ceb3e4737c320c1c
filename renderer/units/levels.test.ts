import { expect, it } from 'vitest';
import { faderDb, faderPosition, formatDb, formatPan, parseDb, parsePan, spokenDb, spokenPan, stepFader, toDb, toGain } from './levels.ts';

it('gain and decibels are each other\'s opposite', () => {
  expect(toDb(toGain(-7.5))).toBeCloseTo(-7.5, 9);
  expect(toDb(0)).toBe(-Infinity);
});

it('a fader stands where its level says, and reads the level back', () => {
  expect(faderPosition(0)).toBeCloseTo(0.78);
  expect(faderPosition(-Infinity)).toBe(0);
  expect(faderPosition(6)).toBe(1);
  for (const db of [-59.9, -30, -12, -0.1, 0, 0.1, 3, 6]) expect(faderDb(faderPosition(db))).toBeCloseTo(db, 9);
  expect(faderDb(0.01)).toBe(-Infinity);
});

it('has no jump where the two halves of its law meet', () => {
  expect(faderDb(0.7801) - faderDb(0.7799)).toBeLessThanOrEqual(0.1);
});

it('steps down into silence and out of it', () => {
  expect(stepFader(-60, -0.5)).toBe(-Infinity);
  expect(stepFader(-Infinity, -0.5)).toBe(-Infinity);
  expect(stepFader(-Infinity, 0.5)).toBe(-60);
  expect(stepFader(5.8, 0.5)).toBe(6);
});

it.each([
  [-1.5, '−1.5 dB', 'minus 1.5 decibels'],
  [0, '0.0 dB', '0 decibels'],
  [-0.04, '0.0 dB', '0 decibels'],
  [2, '+2.0 dB', '2 decibels'],
  [-Infinity, '−∞ dB', 'silent'],
])('%d dB', (db, shown, said) => {
  expect(formatDb(db)).toBe(shown);
  expect(spokenDb(db)).toBe(said);
});

it.each([
  ['-3', -3],
  ['−3,5 dB', -3.5],
  ['+12', 6],
  ['-inf', -Infinity],
  ['-90', -Infinity],
  ['loud', null],
  ['', null],
])('typed %j', (text, db) => {
  expect(parseDb(text)).toBe(db);
});

it.each([
  [0, 'C', 'centre'],
  [-0.18, 'L 18', '18 percent left'],
  [1, 'R 100', '100 percent right'],
])('pan %d', (pan, shown, said) => {
  expect(formatPan(pan)).toBe(shown);
  expect(spokenPan(pan)).toBe(said);
});

it.each([
  ['L 18', -0.18],
  ['r100', 1],
  ['C', 0],
  ['centre', 0],
  ['−40 %', -0.4],
  ['250', 1],
  ['up', null],
  ['', null],
])('typed pan %j', (text, pan) => {
  expect(parsePan(text)).toBe(pan);
});
