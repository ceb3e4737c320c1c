import { expect, it } from 'vitest';
import type { NativeModel } from '../engine/native-jobs.ts';
import { planMemory } from './memory.ts';

/** Takes its weights, and 10 bytes for each second of a segment. */
function part(weightBytes: number, seconds = 8): { model: NativeModel; weights: number[] } {
  const model: NativeModel = {
    info: { sources: [], channels: 2, sampleRate: 100, segmentFrames: 100 * seconds, parameters: 0, weightBytes },
    memoryFor: ({ segmentSeconds }) => weightBytes + 10 * (segmentSeconds ?? seconds),
    maximumSegmentFor: ({ budgetBytes }) => (budgetBytes - weightBytes < 10 ? null : (budgetBytes - weightBytes) / 10),
    prepareGpu: () => Promise.reject(new Error('none')),
    dispose: () => undefined,
  };
  return { model, weights: [1] };
}
const question = { mode: 'full' as const, threads: 1, segmentSeconds: null, budgetBytes: null };

it.each([
  ['without a budget, the own segment', {}, { segmentSeconds: 8, isLimited: false, bytes: 180 }],
  ['the one that was asked for', { segmentSeconds: 20 }, { segmentSeconds: 20, isLimited: false, bytes: 300 }],
  ['a budget that suffices', { budgetBytes: 180 }, { segmentSeconds: 8, isLimited: false, bytes: 180 }],
  ['a budget that does not', { budgetBytes: 150 }, { segmentSeconds: 5, isLimited: true, bytes: 150 }],
  ['a budget below what was asked for', { budgetBytes: 150, segmentSeconds: 20 }, { segmentSeconds: 5, isLimited: true, bytes: 150 }],
])('%s', (_, change, expected) => {
  expect(planMemory([part(100)], { ...question, ...change })).toEqual({ ...expected, weightBytes: 100, bytesPerSecond: 10 });
});

it('each model of a bag adds its weights', () => {
  const bag = [part(100), part(50, 6)];
  expect(planMemory(bag, question)).toEqual({ segmentSeconds: 8, isLimited: false, bytes: 230, weightBytes: 150, bytesPerSecond: 10 });
  expect(planMemory(bag, { ...question, budgetBytes: 200 })).toEqual({ segmentSeconds: 5, isLimited: true, bytes: 200, weightBytes: 150, bytesPerSecond: 10 });
});

it('a budget below the least is refused with what it would take', () => {
  expect(() => planMemory([part(1e9)], { ...question, budgetBytes: 5e8 })).toThrow('needs more memory than the 500 MB');
});
