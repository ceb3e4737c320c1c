import { expect, it } from 'vitest';
import type { Meters, MonitorState } from '../../store/types.ts';
import { effectAt, missedParts, readWords, reductionWords, rmsWords, sourceLevels, truePeakWords } from './meter-words.ts';

const levels = (truePeak: number): Meters['master'] => ({ peak: [0, 0], rms: [0.05, 0.1], truePeak });
const effect = (slot: number, reductionDb: number, missedBlocks: number): Meters['effects'][number] => ({ place: { strip: 'master', slot }, reductionDb, missedBlocks, gpuBlocks: 0, lateGpuBlocks: 0, isGpuLost: false });
const meters = { strips: [levels(1), levels(2)], master: levels(3), input: levels(4), send: levels(5), effects: [effect(0, 0, 2), effect(3, -2.34, 1)] } as Meters;
const monitor = { tracks: [{ name: 'drums' }, { name: 'bass' }] } as unknown as MonitorState;

it('reads the levels of what goes through the chain', () => {
  const of = (source: string, isSend = false) => sourceLevels(meters, { source, isSend, monitor })?.truePeak;
  expect([of('input'), of('mix'), of('track:bass'), of('track:bass', true), of('track:piano')]).toEqual([4, 3, 2, 5, undefined]);
});

it('says levels, what a limiter takes off, and what came late', () => {
  expect([rmsWords(levels(1)), truePeakWords(levels(0.5)), truePeakWords(levels(0)), rmsWords(undefined), truePeakWords(undefined)]).toEqual(['−20.0', '−6.0', '−∞', '–', '–']);
  expect([0, 3, 5].map((slot) => reductionWords(effectAt(meters, { strip: 'master', slot })))).toEqual(['takes nothing off', 'takes 2.3 dB off', 'takes nothing off']);
  expect([readWords(3, 0), readWords(3, 2), missedParts(meters)]).toEqual(['3', '3, 2 failed', 3]);
});
