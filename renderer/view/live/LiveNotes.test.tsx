// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import type { StudioState } from '../../store/state.ts';
import type { MonitorState, PlacedEffect } from '../../store/types.ts';
import { testStudio } from '../testing.tsx';
import { LiveNotes } from './LiveNotes.tsx';

const strip = { gain: 1, pan: 0, isMuted: false, isSolo: false };
const choice = { device: 'card', rate: null, blockFrames: null, inputs: 0 };
const lost = 'Good card has gone: playing is paused, and nothing is heard.';

function missing(place: PlacedEffect['place'], name: string): PlacedEffect {
  return { place, effect: { kind: 'gain', isBypassed: false, gainDb: 0 }, latencyFrames: 0, reverb: null, fault: `The impulse response ${name} is missing.` };
}

function monitorOf(change: Partial<MonitorState> = {}): MonitorState {
  return {
    ...{ choice, device: 'Good card', isSilent: false, rate: 48_000, blockFrames: 128, inputs: 0, project: null },
    tracks: [{ kind: 'original', name: 'original', strip }, { kind: 'stem', name: 'vocals', strip }],
    ...{ input: strip, master: 1, loop: null, timePitch: { semitones: 0, speed: 1 }, effects: [], sends: [], loopback: null, notice: null },
    ...change,
  };
}

function show(change: Partial<StudioState>): ReturnType<typeof testStudio> {
  const studio = testStudio({ isConnected: true, monitor: monitorOf(), ...change }, { 'monitor.refreshDevices': () => ({ devices: [], problem: null, isOutdated: false }) });
  render(<LiveNotes />, { wrapper: studio.Provider });
  return studio;
}

afterEach(cleanup);

describe('what is wrong with the sound', () => {
  it('is nothing, and nothing is said', () => {
    show({});
    expect([screen.queryByRole('alert'), screen.queryByRole('note')]).toEqual([null, null]);
  });

  it('is a device that has gone: it can be looked for', () => {
    const { client } = show({ monitor: monitorOf({ isSilent: true, notice: lost }) });
    expect(screen.getByRole('alert').textContent).toContain(lost);
    fireEvent.click(screen.getByRole('button', { name: 'Look for devices' }));
    expect(client.asked.map(([channel]) => channel)).toContain('monitor.refreshDevices');
  });

  it('was that, and is told quietly once sound is there again', () => {
    show({ monitor: monitorOf({ notice: 'Good card is back.' }) });
    expect(screen.getByRole('note').textContent).toContain('Good card is back.');
    expect([screen.queryByRole('alert'), screen.queryByRole('button')]).toEqual([null, null]);
  });

  it('is a studio that has stopped: what is kept and what to do is said, and no more', () => {
    show({ isConnected: false, monitor: monitorOf({ isSilent: true, notice: lost, effects: [missing({ strip: 'master', slot: 0 }, 'hall.wav')] }) });
    expect(screen.getByRole('alert').textContent).toMatch(/The studio has stopped.*Start Stemwright again.*are kept/);
    expect(screen.queryByText(/has gone|hall\.wav/)).toBeNull();
  });

  it('are responses that are missing, wherever they are: each can be gone to, and folders added', () => {
    const effects = [missing({ strip: 1, slot: 3 }, 'hall.wav'), missing({ strip: 'send', slot: 0 }, 'plate.wav')];
    const { store } = show({ monitor: monitorOf({ effects }) });
    expect(screen.getByRole('note').textContent).toMatch(/^2 effects are left out of the sound:Vocals: The impulse response hall\.wav is missing.*Send: .*plate\.wav/);
    const [vocals, send] = screen.getAllByRole('button', { name: 'Show' });
    if (vocals === undefined || send === undefined) throw new Error('not every effect can be gone to');
    fireEvent.click(send);
    expect(store.getState()).toMatchObject({ isSend: true, slot: 0 });
    // The panel of what is selected says it.
    expect(screen.queryByText(/plate\.wav/)).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'Show' }));
    expect(store.getState()).toMatchObject({ source: 'track:vocals', isSend: false, slot: 3 });
    expect(screen.getByRole('note').textContent).toMatch(/^An effect is left out of the sound:Send/);
    fireEvent.click(screen.getByRole('button', { name: 'Folders of responses…' }));
    expect(store.getState().dialog).toBe('folders');
  });
});
