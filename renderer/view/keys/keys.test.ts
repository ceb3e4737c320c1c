// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings } from '../../client/contract.ts';
import { createStudio } from '../../store/studio.ts';
import type { StudioStore } from '../../store/state.ts';
import { FakeClient, FakePlayer } from '../../store/testing.ts';
import { hintsFor } from './hints.ts';
import { isTaken, keyActions } from './keys.ts';

const names = ['original', 'vocals', 'drums', 'residual'];
const actions = keyActions({ choose: vi.fn() });
let store: StudioStore;
let player: FakePlayer;

function press(key: string, init: KeyboardEventInit = {}, target: EventTarget = document.body): void {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, ...init });
  target.dispatchEvent(event);
  if (!isTaken(event)) actions.find(({ matches }) => matches(event))?.run(store.getState(), event);
}

beforeEach(() => {
  player = new FakePlayer();
  store = createStudio(new FakeClient({}), player);
  const song = { title: 'a', detail: '', seconds: 100, rate: 100, channels: 2, frames: 10_000, finished: [], lanes: names.map((name) => ({ name, isPrint: false, source: null })) };
  store.setState({ song, window: { start: 0, span: 100 } });
  const strips = Object.fromEntries(names.map((name) => [name, { isMuted: false, isSolo: false, db: 0, pan: 0 }]));
  store.getState().putMix({ strips, loop: null, isLooping: false, markers: [], timePitch: { semitones: 0, speed: 1 } }, 'vocals');
});
afterEach(() => {
  document.body.replaceChildren();
});

describe('keys', () => {
  it('clear what the meters hold', () => {
    const { clearings } = store.getState();
    press('c');
    expect(store.getState().clearings).toBe(clearings + 1);
  });

  it('choose lanes by their digits, the residual by 0', () => {
    press('2');
    expect(store.getState().selected).toBe('drums');
    press('0');
    expect(store.getState().selected).toBe('residual');
    press('7');
    expect(store.getState().selected).toBe('residual');
  });

  it('move the fader and the pan of the chosen lane', () => {
    for (const key of ['-', '-', '+', '.']) press(key);
    expect(store.getState().strips.vocals).toMatchObject({ db: -0.5, pan: 0.05 });
  });

  it('loop from and to the playhead, and what is marked', () => {
    player.at = 10;
    press('i');
    player.at = 30;
    press('o');
    expect(store.getState()).toMatchObject({ loop: [10, 30], isLooping: true });
    store.getState().setSelection(50, 40);
    press('L', { shiftKey: true });
    expect(store.getState()).toMatchObject({ loop: [40, 50], selection: null });
  });

  it('zoom to the loop and back', () => {
    store.getState().setLoop(40, 60);
    press('z');
    expect(store.getState().window).toEqual({ start: 39, span: 22 });
    press('z');
    expect(store.getState().window).toEqual({ start: 0, span: 100 });
  });

  it('take back and do again', async () => {
    press('m');
    press('z', { ctrlKey: true });
    await vi.waitFor(() => { expect(store.getState().strips.vocals?.isMuted).toBe(false); });
    press('Z', { ctrlKey: true, shiftKey: true });
    await vi.waitFor(() => { expect(store.getState().strips.vocals?.isMuted).toBe(true); });
  });

  it('none acts while typing, or on what needs the key itself', () => {
    const field = document.body.appendChild(document.createElement('input'));
    press('m', {}, field);
    expect(store.getState().strips.vocals?.isMuted).toBe(false);
    const slider = document.body.appendChild(document.createElement('div'));
    slider.setAttribute('role', 'slider');
    press('ArrowDown', {}, slider);
    expect(store.getState().selected).toBe('vocals');
  });

  it('are all of one character that can be turned off, but Space, arrows and those with Ctrl', () => {
    const single = actions.filter(({ keys }) => keys.split(' ').every((key) => key.length === 1 && !/[←→↑↓]/.test(key)));
    expect(single.filter(({ isLetter }) => isLetter !== true).map(({ keys }) => keys)).toEqual([]);
  });
});

describe('hints', () => {
  it('name what works now', () => {
    expect(hintsFor(store.getState()).map(([keys]) => keys)).toEqual(['Space', 'M', 'S', 'I O', '?']);
    store.getState().setLoop(40, 60);
    expect(hintsFor(store.getState()).map(([keys]) => keys)).toEqual(['Space', 'M', 'S', 'Z', '?']);
    store.setState({ settings: { ...defaultSettings, letterShortcuts: false } });
    expect(hintsFor(store.getState()).map(([keys]) => keys)).toEqual(['Space']);
  });
});
