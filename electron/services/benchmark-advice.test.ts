import { expect, it } from 'vitest';
import type { BenchmarkResult } from '../contract/benchmark.ts';
import type { HardwareState } from '../contract/hardware.ts';
import { advise, type AdviceSubject } from './benchmark-advice.ts';

const cool: HardwareState = { backend: 'cpu', reason: 'there is no GPU', thermal: 'nominal', pressure: 'none', isOnBattery: false, isLowPower: false, availableBytes: 8e9 };
const result = (benchmark: string, figures: Record<string, number>, allocations: number | null = 0): BenchmarkResult => ({
  benchmark,
  date: '2026-11-26T10:00:00.000Z',
  entries: Object.entries(figures).map(([name, median]) => ({ name, unit: 'x', median, low: median, high: median, noise: 0, allocations, peer: null, ratio: null })),
  fault: null,
  isRough: false,
});

const lstm = 'LSTM 256';
const batch = 'FFT in a batch over one by one, 64 x 1024';
const first = 'reverb, first block after warm-up over the median';
const chain = 'Sequential, 3 layers of one shape';
const async = 'async, tryExecuteAsync';
const names = [lstm, batch, first, chain, async];
const good = [
  result(lstm, { 'LSTM 256, layer that allocates': 30, 'LSTM 256, compiled': 20 }),
  result(batch, { [batch]: 0.7 }, null),
  result(first, { [first]: 1.1 }, null),
  result(chain, { [chain]: 2 }, null),
  result(async, { [`${async}, slot free`]: 2400, [`${async}, all slots busy`]: 12 }),
];
const of = (change: Partial<AdviceSubject>) => {
  const advice = advise({ results: good, names, machine: cool, gpu: null, choices: [], ...change });
  return { ...advice, item: (id: string) => advice.items.find((each) => each.id === id) };
};

it('says what is good, in figures of this machine', () => {
  const { item, unknown } = of({});
  expect(unknown).toEqual([]);
  expect(item('compiled')).toMatchObject({ state: 'good', detail: 'A compiled LSTM step takes 0.67 of the time of a layer that allocates.' });
  expect(item('ping-pong')).toMatchObject({ state: 'good', detail: '3 layers, 2 buffers (33 % memory saved).' });
  expect(item('batch')).toMatchObject({ state: 'good' });
  expect(item('warm-up')).toMatchObject({ state: 'good' });
  expect(item('allocation')).toMatchObject({ state: 'good', detail: 'No allocation in any of 3 measured loops.' });
  expect(item('gpu')).toMatchObject({ state: 'none', detail: 'Nothing to do: there is no GPU.' });
  expect(item('async')).toMatchObject({ state: 'good', detail: 'tryExecuteAsync returns after 2.4 µs with a slot free, 0.012 µs with none.' });
});

it('puts what is to be done first, and what to do about it', () => {
  const { items } = of({ machine: { ...cool, thermal: 'serious', pressure: 'critical', isOnBattery: true } });
  expect(items.slice(0, 3).map(({ id, state }) => [id, state])).toEqual([['thermal', 'todo'], ['pressure', 'todo'], ['power', 'todo']]);
  expect(items[2]?.detail).toContain('Plug the machine in');
});

it('tells of the GPU what is known of it', () => {
  const verdict = { isAccepted: true, agreementDb: 121, gpuSeconds: 0.1, cpuSeconds: 1 };
  const gpu = (change: Partial<AdviceSubject>) => of({ machine: { ...cool, backend: 'gpu', reason: '' }, ...change }).item('gpu');
  expect(gpu({ gpu: { name: 'Fast card', verdict } })).toMatchObject({ state: 'good', detail: 'Fast card has run all pipelines and agrees with the processor to 121 dB.' });
  expect(gpu({ gpu: { name: 'Fast card', verdict }, machine: { ...cool, reason: 'on battery' } })?.detail).toContain('Not used now: on battery.');
  expect(gpu({ gpu: { name: 'Fast card', verdict: null } })).toMatchObject({ state: 'unknown' });
  expect(gpu({ gpu: { name: 'Fast card', verdict: { ...verdict, isAccepted: false, agreementDb: 12 } } })).toMatchObject({ state: 'none', detail: expect.stringContaining('12 dB') as string });
});

it('knows nothing that was not measured, and names what would tell', () => {
  const { item, unknown } = of({ results: [] });
  expect(unknown).toEqual([lstm, chain, batch, async, first]);
  expect(item('batch')).toMatchObject({ state: 'unknown' });
  expect(item('measured')).toMatchObject({ state: 'todo' });
});

it.each([
  [result(batch, { [batch]: 0.95 }), 'batch'],
  [result(first, { [first]: 9 }), 'warm-up'],
  [result(chain, { [chain]: 3 }), 'ping-pong'],
  [result(lstm, { 'LSTM 256, layer that allocates': 20, 'LSTM 256, compiled': 30 }), 'compiled'],
  [result('FFT 512', { 'FFT 512': 1 }, 2), 'allocation'],
  [{ ...result('FFT 512', {}), isRough: true }, 'measured'],
])('%j is something to do', (bad, id) => {
  const results = [...good.filter(({ benchmark }) => benchmark !== bad.benchmark), bad];
  expect(of({ results }).item(id)).toMatchObject({ state: 'todo' });
});
