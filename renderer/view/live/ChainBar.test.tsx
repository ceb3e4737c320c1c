// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { StudioState } from '../../store/state.ts';
import type { MonitorState, PlacedEffect } from '../../store/types.ts';
import { projectOf, testStudio } from '../testing.tsx';
import { ChainBar } from './ChainBar.tsx';
import { LiveDialogs } from './LiveDialogs.tsx';

beforeEach(() => {
  // Which jsdom lacks.
  vi.stubGlobal('CSS', { escape: (text: string) => text });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const open = { gain: 1, pan: 0, isMuted: false, isSolo: false };
const fader = { isMuted: false, isSolo: false, db: 0, pan: 0 };
const strips = { drums: { ...fader, db: -20, pan: -0.25 }, bass: { ...fader, isMuted: true }, vocals: fader };
const heard = [
  { kind: 'stem', name: 'drums', gain: 0.1, pan: -0.25 },
  { kind: 'stem', name: 'vocals', gain: 1, pan: 0 },
];

function gainOn(strip: PlacedEffect['place']['strip']): PlacedEffect {
  return { place: { strip, slot: 0 }, effect: { kind: 'gain', isBypassed: false, gainDb: -6 }, latencyFrames: 0, reverb: null, fault: null };
}

function show(change: Partial<StudioState>): ReturnType<typeof testStudio> {
  const monitor: MonitorState = {
    ...{ choice: { device: 'card', rate: null, blockFrames: null, inputs: 0 }, device: 'Good card', isSilent: false, rate: 48_000, blockFrames: 128, inputs: 0, project: projectOf().id },
    tracks: Object.keys(strips).map((name) => ({ kind: 'stem', name, strip: open })),
    ...{ input: open, master: 1, loop: null, timePitch: { semitones: 0, speed: 1 }, effects: [gainOn('send'), gainOn('master')], sends: [], loopback: null, notice: null },
  };
  const studio = testStudio({ isConnected: true, finished: projectOf(), monitor, strips, ...change }, { 'projects.print': () => ({ task: '44444444-4444-4444-8444-444444444444' }) });
  render(
    <>
      <ChainBar />
      <LiveDialogs />
    </>,
    { wrapper: studio.Provider },
  );
  return studio;
}

it.each([
  ['the send', 'Send, printed', { source: 'mix', isSend: true }, { kind: 'send', tracks: heard }],
  ['the whole mix', 'Mix, printed', { source: 'mix', isSend: false }, { kind: 'master', tracks: heard }],
] as const)('%s is printed under a name, with the tracks that are heard and their gains', async (words, name, change, source) => {
  const { client } = show(change);
  fireEvent.click(screen.getByRole('button', { name: 'Print to stem' }));
  expect(screen.getByRole('dialog', { name: `Print ${words}` })).toBeDefined();
  const field = screen.getByRole<HTMLInputElement>('textbox');
  expect(field.value).toBe(name);
  fireEvent.change(field, { target: { value: 'Wet' } });
  fireEvent.click(screen.getByRole('button', { name: 'Print' }));
  await vi.waitFor(() => {
    expect(client.asked.filter(([channel]) => channel === 'projects.print')).toEqual([['projects.print', { id: projectOf().id, source, name: 'Wet' }]]);
  });
  expect(screen.queryByRole('dialog')).toBeNull();
});

it('a chain without an effect, and the live input, are not printed, and say why', () => {
  show({ source: 'track:vocals' });
  const button = screen.getByRole<HTMLButtonElement>('button', { name: 'Print to stem' });
  const reason = document.getElementById(button.getAttribute('aria-describedby') ?? '');
  expect([button.disabled, reason?.textContent]).toEqual([true, 'There is no effect in this chain yet.']);
});
