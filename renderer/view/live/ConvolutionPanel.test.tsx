// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plainResponse } from '../../../electron/contract/effects.ts';
import type { ModeLoad, MonitorState, PlacedEffect, ReverbEffect } from '../../store/types.ts';
import { testStudio } from '../testing.tsx';
import { Convolution } from './ConvolutionPanel.tsx';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  cleanup();
});

const effect: ReverbEffect = {
  ...{ kind: 'reverb', isBypassed: false, response: { id: 'hall' }, edit: plainResponse, mode: 'partitioned', blockSize: null, isThreaded: true, backend: 'cpu' },
  ...{ normalize: 'none', dryDb: 0, wetDb: -6, isDryCompensated: false },
};
const reverb = { name: 'Hall', channels: 2, seconds: 2, responseGainDb: 0, dryDb: 0, blockSize: 128, readSeconds: 0.01, prepareSeconds: 0.01, warmUpSeconds: 0.01, load: 0.02, gpu: null };
const placed: PlacedEffect = { place: { strip: 'master', slot: 0 }, effect, latencyFrames: 0, reverb, fault: null };
const loads: ModeLoad[] = [
  { mode: 'direct', load: 3, worstLoad: 4, latencySeconds: 0 },
  { mode: 'fft', load: 0.1, worstLoad: 3.2, latencySeconds: 2 },
  { mode: 'uniform', load: 0.04, worstLoad: 0.05, latencySeconds: 128 / 48_000 },
  { mode: 'partitioned', load: 0.012, worstLoad: 0.02, latencySeconds: 0 },
];
const strip = { gain: 1, pan: 0, isMuted: false, isSolo: false };
const monitor: MonitorState = {
  ...{ choice: { device: 'card', rate: null, blockFrames: null, inputs: 0 }, device: 'Good card', isSilent: false, rate: 48_000, blockFrames: 128, inputs: 0, project: null, tracks: [] },
  ...{ input: strip, master: 1, loop: null, timePitch: { semitones: 0, speed: 1 }, effects: [placed], sends: [], loopback: null, notice: null },
};
const mode = (name: string): string => screen.getByRole('radio', { name: new RegExp(`^${name}`) }).closest('label')?.textContent ?? '';

function show(shown: PlacedEffect = placed): { measured: () => number; wait: (ms: number) => Promise<void> } {
  const studio = testStudio({ monitor, source: 'mix', isSend: false, slot: 0 }, { 'monitor.measureModes': () => loads });
  render(<Convolution placed={shown} effect={effect} />, { wrapper: studio.Provider });
  return {
    measured: () => studio.client.asked.filter(([channel]) => channel === 'monitor.measureModes').length,
    wait: (ms) => act(async () => { await vi.advanceTimersByTimeAsync(ms); }),
  };
}

describe('what each mode of convolution takes', () => {
  it('is measured once the hand rests, and says which cannot be heard', async () => {
    const { measured, wait } = show();
    await wait(700);
    expect([measured(), mode('Uniform')]).toEqual([0, expect.stringContaining('…')]);
    await wait(200);
    expect(measured()).toBe(1);
    expect(mode('Direct')).toMatch(/300 %.*Too slow to be heard here/);
    expect(mode('FFT')).toMatch(/10 %.*One block takes 320 %/);
    expect(mode('Uniform')).toMatch(/4\.0 %/);
    expect(mode('Partitioned')).toMatch(/1\.2 %/);
    await wait(5000);
    expect(measured()).toBe(1);
  });

  it('is not measured of what cannot be heard at all', async () => {
    const { measured, wait } = show({ ...placed, reverb: null, fault: 'The impulse response is missing.' });
    await wait(5000);
    expect([measured(), mode('Uniform')]).toEqual([0, expect.stringContaining('–')]);
  });
});
