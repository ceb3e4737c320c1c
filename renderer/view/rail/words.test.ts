import { describe, expect, it } from 'vitest';
import type { Plan } from '../../store/state.ts';
import type { ItemPlan, ItemProgress, QueueItem } from '../../store/types.ts';
import { costLine, planLine, planWarnings, secondsLeft, segmentLine } from './words.ts';

const options: QueueItem['options'] = { model: 'house', mode: 'full', stems: null, segmentSeconds: null, overlap: 0.25, shifts: 0, seed: 0, exactSum: false, precision: 'fp32', groupNorm: 'welford', threads: null };
const whole: ItemPlan = {
  media: { title: 'a', seconds: 30, container: 'flac', codec: 'flac', rate: 44_100, channels: 2, bytes: 1 },
  stems: ['drums', 'bass', 'other', 'vocals'],
  ...{ backend: 'cpu', segmentSeconds: 4, isSegmentLimited: false },
  predicted: { seconds: 133, isRough: false, memoryBytes: 0.9e9, diskBytes: 290e6 },
  freeDiskBytes: 1e9,
};
const planned = (change: Partial<ItemPlan> = {}): Plan => ({ ok: true, plan: { ...whole, ...change } });

it('a plan is said in two lines', () => {
  expect(planLine(options, planned())).toBe('house, full, 4 stems, CPU');
  expect(planLine({ ...options, mode: 'time-only' }, planned({ stems: ['vocals'] }))).toBe('house, time only, vocals only, CPU');
  expect(costLine(planned())).toBe('2 min 13 s, 900 MB memory, 290 MB disk');
  expect(costLine(planned({ predicted: { seconds: null, isRough: false, memoryBytes: null, diskBytes: null } }))).toBe('time –');
  expect(costLine(planned({ predicted: { seconds: 133, isRough: true, memoryBytes: null, diskBytes: null } }))).toBe('up to 2 min 13 s');
});

describe('before a song begins', () => {
  it('nothing is said when there is room', () => {
    expect(planWarnings(planned(), 16e9)).toEqual([]);
  });

  it('a disk or a memory that is too small is named with both figures', () => {
    expect(planWarnings(planned({ freeDiskBytes: 41e6 }), 16e9)).toEqual(['Needs 290 MB of disk; 41 MB are free.']);
    expect(planWarnings(planned(), 0.9e9)[0]).toContain('Needs 900 MB of memory; this machine has 900 MB.');
  });

  it('segments that the budget shortens are said', () => {
    expect(planWarnings(planned({ isSegmentLimited: true, segmentSeconds: 3.91 }), null)).toEqual(['Segments of 3.9 s, to stay within the memory budget.']);
  });
});

it('segments are counted by the stride between them', () => {
  expect(segmentLine(planned(), options, 0)).toBe('segment 1 of 10');
  expect(segmentLine(planned(), options, 0.55)).toBe('segment 6 of 10');
  expect(segmentLine(planned(), options, 1)).toBe('segment 10 of 10');
  expect(segmentLine(undefined, options, 0.5)).toBe('');
});

it('the time that is left is that of the running song and of all that wait', () => {
  const at = (id: string, state: QueueItem['state']) => ({ id, state }) as QueueItem;
  const progress = { id: 'a', progress: { etaSeconds: 10 } } as ItemProgress;
  expect(secondsLeft([at('a', 'running'), at('b', 'waiting')], { a: planned(), b: planned() }, progress)).toBe(143);
  expect(secondsLeft([at('a', 'running'), at('b', 'waiting')], { a: planned() }, progress)).toBeNull();
  expect(secondsLeft([at('b', 'waiting')], { b: { ok: false, fault: { code: 'input', message: '', hint: '' } } }, null)).toBeNull();
});
