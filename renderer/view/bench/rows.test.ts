import { describe, expect, it } from 'vitest';
import type { BenchmarkEntry, BenchmarkList, BenchmarkResult } from '../../store/types.ts';
import { csvOf } from './export.ts';
import { changeOf, familyOf, rowGroups, shortNames, sorted } from './rows.ts';

const entry = (name: string, median: number, change: Partial<BenchmarkEntry> = {}): BenchmarkEntry => ({ name, unit: 'µs', median, low: median * 0.99, high: median * 1.01, noise: 0.01, allocations: 0, peer: null, ratio: null, ...change });
const result = (benchmark: string, entries: BenchmarkEntry[]): BenchmarkResult => ({ benchmark, date: '2026-11-26T10:00:00.000Z', entries, fault: null, isRough: false });
const benchmarks = (...names: string[]): BenchmarkList['groups'][number]['benchmarks'] => names.map((name) => ({ name, meaning: 'what it means', seconds: null }));
const groups: BenchmarkList['groups'] = [
  { id: 'fft', title: 'FFT', meaning: '', benchmarks: benchmarks('FFT 512', 'FFT 1024') },
  { id: 'recurrent', title: 'LSTM, GRU', meaning: '', benchmarks: benchmarks('LSTM 256', 'GRU 256') },
  { id: 'htdemucs', title: 'HTDemucs', meaning: '', benchmarks: benchmarks('HTDemucs') },
];
const results = [
  result('FFT 512', [entry('FFT 512', 0.1), entry('FFT 512, inverse', 0.12)]),
  result('FFT 1024', [entry('FFT 1024', 0.2), entry('FFT 1024, inverse', 0.21)]),
  result('LSTM 256', [entry('LSTM 256, Sequential', 20), entry('LSTM 256, compiled', 19, { allocations: 3 })]),
];

describe('a change', () => {
  it.each([
    [entry('x', 100), entry('x', 101), 'same', 'same'],
    [entry('x', 100, { low: 90, high: 120 }), entry('x', 110), 'same', 'same'],
    [entry('x', 80), entry('x', 100), '−20 %', 'better'],
    [entry('x', 120), entry('x', 100), '+20 %', 'worse'],
    [entry('x', 120, { unit: 'GFLOP/s' }), entry('x', 100, { unit: 'GFLOP/s' }), '+20 %', 'better'],
    [entry('x', 120, { unit: '% of real time' }), entry('x', 100, { unit: '% of real time' }), '+20 %', 'worse'],
    [entry('x', 12, { unit: 'x real time' }), entry('x', 9, { unit: 'x real time' }), '+33 %', 'better'],
    [entry('x', 256, { unit: 'frames' }), entry('x', 128, { unit: 'frames' }), '+100 %', 'other'],
  ])('%j from %j is %s, %s', (now, before, text, verdict) => {
    expect(changeOf(now, before)).toMatchObject({ text, verdict });
  });

  it('between different units is none', () => {
    expect(changeOf(entry('x', 1), entry('x', 1, { unit: 'ms' }))).toBeNull();
  });
});

describe('rows', () => {
  const all = rowGroups(groups, results, [result('FFT 512', [entry('FFT 512', 0.2)])]);
  const rows = all.flatMap((group) => group.rows);

  it('are in groups that have any, with what is compared beside them', () => {
    expect(all.map(({ id }) => id)).toEqual(['fft', 'recurrent']);
    expect(rows[0]).toMatchObject({ name: 'FFT 512', change: { text: '−50 %' }, guide: 8, share: 0.0125 });
    expect(rows[1]).toMatchObject({ change: null, guide: null });
  });

  it('differ only by more than the same work differs from itself', () => {
    const floor = result('noise floor', [entry('noise floor', 60, { unit: '%' })]);
    const [fft] = rowGroups(groups, [...results, floor], [result('FFT 512', [entry('FFT 512', 0.2)])]);
    expect(fft?.rows[0]?.change).toMatchObject({ text: 'same' });
  });

  it('are sorted within their group', () => {
    const names = (key: Parameters<typeof sorted>[1]['key'], isDescending: boolean): string[] => sorted(all[1]?.rows ?? [], { key, isDescending }).map(({ name }) => name);
    expect(names('median', false)).toEqual(['LSTM 256, compiled', 'LSTM 256, Sequential']);
    expect(names('allocations', true)).toEqual(['LSTM 256, compiled', 'LSTM 256, Sequential']);
    expect(names('test', false)).toEqual(['LSTM 256, Sequential', 'LSTM 256, compiled']);
  });

  it('stand beside those of the same work: sizes, or ways', () => {
    const family = (name: string): string[] => {
      const row = rows.find((each) => each.name === name);
      return row === undefined ? [] : familyOf(rows, row).map((each) => each.name);
    };
    expect(family('FFT 512')).toEqual(['FFT 512', 'FFT 1024']);
    expect(family('FFT 1024, inverse')).toEqual(['FFT 512, inverse', 'FFT 1024, inverse']);
    expect(family('LSTM 256, compiled')).toEqual(['LSTM 256, Sequential', 'LSTM 256, compiled']);
  });

  it('tell what failed', () => {
    const failed = rowGroups(groups, [{ ...result('HTDemucs', []), fault: { code: 'no-room', message: 'no memory', hint: '' } }], []);
    expect(failed).toMatchObject([{ id: 'htdemucs', rows: [], faults: [{ benchmark: 'HTDemucs', message: 'no memory' }] }]);
  });

  it('are written as a table for other programs', () => {
    const [head, first] = csvOf(all, 'Before "it"').split('\r\n');
    expect(head).toBe('group,test,unit,median,low,high,noise,allocations,"Before ""it""",M4 Max (guide)');
    expect(first).toBe('FFT,FFT 512,µs,0.1,0.099,0.101,0.01,0,0.2,8');
  });
});

it.each([
  [['FFT 512', 'FFT 1024'], 'FFT', ['512', '1024']],
  [['FFT 512, inverse', 'FFT 1024, inverse'], 'FFT inverse', ['512', '1024']],
  [['LSTM 256, Sequential', 'LSTM 256, compiled', 'LSTM 256, compiled, 100 steps'], 'LSTM 256', ['Sequential', 'compiled', 'compiled, 100 steps']],
  [['noise floor'], 'noise floor', ['noise floor']],
])('%j are %s of %j', (names, title, labels) => {
  expect(shortNames(names)).toEqual({ title, labels });
});
