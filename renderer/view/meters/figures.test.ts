import { expect, it } from 'vitest';
import type { Hardware, Meters } from '../../store/types.ts';
import { figures, ownersText } from './figures.ts';

const machine = {
  state: { thermal: 'nominal', pressure: 'none', backend: 'cpu', reason: 'there is no GPU' },
  memory: { bytes: 30e6, peakBytes: 290e6, owners: [{ name: 'caches', bytes: 4e6, peakBytes: 4e6 }, { name: 'weights', bytes: 29e6, peakBytes: 29e6 }, { name: 'pools', bytes: 0, peakBytes: 1 }] },
  residentBytes: 120e6,
  memoryBudgetBytes: null,
  cpuShare: 0.034,
  gpu: { executions: 0, seconds: 0, lastSeconds: 0 },
  gpuShare: null,
} as Hardware;
const sound = { loadMean: 0.12, loadWorst: 1.3, xruns: 1, overloads: 2, inputLatencySeconds: 0.0027, outputLatencySeconds: 0.0053 } as Meters;
const textOf = (id: string, ...args: [Meters | null, Hardware | null]): string => figures.find((figure) => figure.id === id)?.text(...args) ?? '';
const isBad = (id: string, ...args: [Meters | null, Hardware | null]): boolean => figures.find((figure) => figure.id === id)?.isBad?.(...args) ?? false;

it.each([
  ['load', '12 %'],
  ['worst', '130 %'],
  ['xruns', '3'],
  ['latency', '8.0 ms'],
  ['gpu', 'none'],
  ['backend', 'CPU: there is no GPU'],
  ['cpu', '3.4 %'],
  ['memory', '120 MB'],
  ['thermal', 'nominal'],
  ['pressure', 'none'],
])('%s reads %s', (id, text) => {
  expect(textOf(id, sound, machine)).toBe(text);
});

it('what is not there is said', () => {
  expect(textOf('load', null, machine)).toBe('no sound device open');
  expect(figures.filter(({ id }) => id !== 'load').map(({ text }) => text(null, null))).toEqual(Array(9).fill('–'));
});

it('what is wrong stands out', () => {
  expect(figures.filter(({ id }) => isBad(id, sound, machine)).map(({ id }) => id)).toEqual(['worst', 'xruns']);
  const hot = { ...machine, state: { ...machine.state, thermal: 'serious', pressure: 'warning' } } as Hardware;
  expect(figures.filter(({ id }) => isBad(id, null, hot)).map(({ id }) => id)).toEqual(['thermal', 'pressure']);
});

it('what a GPU computed is told once it has', () => {
  const busy = { ...machine, state: { ...machine.state, backend: 'gpu', reason: '' }, gpu: { executions: 3, seconds: 0.07, lastSeconds: 0.0236 }, gpuShare: 0.871 } as Hardware;
  expect(textOf('gpu', null, busy)).toBe('23.6 ms, 87 % busy');
  expect(textOf('gpu', null, { ...busy, gpuShare: null })).toBe('23.6 ms');
  expect(textOf('backend', null, busy)).toBe('CPU and GPU');
});

it('memory is told by what it is for, the most first', () => {
  expect(ownersText(machine)).toBe('weights 29 MB, caches 4.0 MB, at most 290 MB so far.');
  expect(ownersText({ ...machine, memoryBudgetBytes: 1e9 })).toContain('290 MB so far, of 1.0 GB allowed.');
});
