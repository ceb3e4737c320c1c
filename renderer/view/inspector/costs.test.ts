import { describe, expect, it } from 'vitest';
import type { ItemPlan, ModelDescriptor, QueueOptions } from '../../store/types.ts';
import { instead, modeCost, modelCost, precisionCost, segmentCost, shiftsCost } from './costs.ts';

const options: QueueOptions = { model: 'house', mode: 'full', stems: null, segmentSeconds: null, overlap: 0.25, shifts: 0, seed: 0, exactSum: false, precision: 'fp32', groupNorm: 'welford', threads: null };
const plan = (seconds: number | null, memoryBytes: number | null = null): ItemPlan => ({
  media: { title: 'a', seconds: 240, container: 'flac', codec: 'flac', rate: 44_100, channels: 2, bytes: 1 },
  ...{ stems: ['vocals'], backend: 'cpu', segmentSeconds: 4, isSegmentLimited: false, freeDiskBytes: 1 },
  predicted: { seconds, isRough: false, memoryBytes, diskBytes: 1 },
});
const model: ModelDescriptor = {
  ...{ id: 'house', name: 'House model', description: 'Small', licence: 'MIT', sources: ['vocals'], modes: ['full', 'time-only'], bytes: 1, builtIn: true, path: '/m', version: '1' },
  ...{ parameters: 1, published: null, limits: [], trainingSources: [] },
  quality: [{ set: 'songs', stem: 'vocals', n: 3, mix: -6, full: 3, timeOnly: 2 }, { set: 'songs', stem: 'drums', n: 3, mix: -6, full: 4, timeOnly: 3.4 }],
};

it('two plans make a comparison, and one makes none', () => {
  expect(instead({ now: plan(133), mode: plan(26) }, 'mode')).toBe('26 s instead of 2 min 13 s');
  expect(instead({ now: plan(133) }, 'mode')).toBe('');
  expect(instead({ now: plan(null), mode: plan(26) }, 'mode')).toBe('');
});

describe('the cost of', () => {
  it('a model is its pace here, once it is known', () => {
    expect(modelCost(model, { now: plan(24) })).toBe('Small. 10.0 times real time here.');
    expect(modelCost(model, {})).toBe('Small.');
    expect(modelCost(undefined, {})).toBe('Not installed.');
  });

  it('a mode is time against measured quality', () => {
    expect(modeCost(model, options, { now: plan(133), mode: plan(60) })).toBe('Time only skips the spectrum: 1 min 00 s instead of 2 min 13 s, and loses 0.8 dB on average.');
    expect(modeCost({ ...model, modes: ['full'] }, options, {})).toContain('not trained for it');
  });

  it('shifts is a comparison with none, or with two', () => {
    expect(shiftsCost(options, { now: plan(10), shifts: plan(20) })).toContain('2: 20 s instead of 10 s.');
    expect(shiftsCost({ ...options, shifts: 5 }, { now: plan(50), shifts: plan(10) })).toContain('None: 10 s instead of 50 s.');
  });

  it('segments is memory, and says when the budget cut them', () => {
    expect(segmentCost(options, { now: plan(1, 0.9e9), segment: plan(1, 1.9e9) })).toContain('Uses 900 MB. 30 s: 1.9 GB.');
    expect(segmentCost(options, { now: { ...plan(1, 0.5e9), isSegmentLimited: true, segmentSeconds: 2.6 } })).toContain('Cut to 2.6 s by the memory budget.');
  });

  it('bf16 is time, where the processor has it', () => {
    expect(precisionCost(options, { now: plan(40), precision: plan(20) }, true)).toContain('Takes 20 s instead of 40 s.');
    expect(precisionCost({ ...options, precision: 'bf16' }, { now: plan(20), precision: plan(40) }, true)).toContain('fp32: 40 s instead of 20 s.');
    expect(precisionCost({ ...options, precision: 'bf16' }, {}, false)).toContain('Choose fp32.');
  });
});
