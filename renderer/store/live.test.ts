import { beforeEach, describe, expect, it, vi } from 'vitest';
import { StemwrightError, type Effect, type MonitorState, type PlacedEffect, type Rhythm } from '../client/contract.ts';
import { printProblem } from './prints.ts';
import { effectsOf, sentGain, shownStrip, trackSource } from './rack.ts';
import { snapped } from './rhythm.ts';
import type { StudioStore } from './state.ts';
import { createStudio } from './studio.ts';
import { FakeClient, FakePlayer } from './testing.ts';

const strip = { gain: 1, pan: 0, isMuted: false, isSolo: false };
const monitor: MonitorState = {
  ...{ choice: { device: null, rate: null, blockFrames: null, inputs: 1 }, device: 'Card', isSilent: false, rate: 48_000, blockFrames: 128, inputs: 1, project: null },
  tracks: [{ kind: 'original', name: 'original', strip }, { kind: 'stem', name: 'drums', strip }, { kind: 'stem', name: 'bass', strip }],
  ...{ input: { ...strip, isMuted: true }, master: 1, loop: null, timePitch: { semitones: 0, speed: 1 }, effects: [], sends: [], loopback: null, notice: null },
};
const gain = (gainDb: number): Effect => ({ kind: 'gain', isBypassed: false, gainDb });

let client: FakeClient;
let player: FakePlayer;
let store: StudioStore;
let refused: boolean;
const state = () => store.getState();
const shown = () => effectsOf(state().monitor, shownStrip(state()));
const asked = (channel: string): unknown[] => client.asked.filter(([name]) => name === channel).map(([, args]) => args);
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(() => {
  refused = false;
  client = new FakeClient({
    'monitor.setEffect': ({ place, effect }: { place: PlacedEffect['place']; effect: Effect | null }) => {
      if (refused) throw new StemwrightError('input', 'hall.wav: no such file');
      return effect === null ? null : { place, effect, latencyFrames: 7, reverb: null, fault: null };
    },
    'monitor.setSend': () => null,
    'monitor.setInput': () => null,
    'settings.set': () => null,
    'projects.print': () => ({ task: 'x' }),
    'monitor.measureModes': () => [{ mode: 'direct', load: 3, worstLoad: 4, latencySeconds: 0 }],
  });
  player = new FakePlayer();
  store = createStudio(client, player);
  store.setState({ monitor });
});

describe('a chain', () => {
  it('is that of the mix, a stem, the input, or of what they send to', () => {
    const strips = ['mix', trackSource('bass'), 'input', trackSource('flute')].map((source) => shownStrip({ source, isSend: false, monitor }));
    expect(strips).toEqual(['master', 2, 'input', null]);
    expect(shownStrip({ source: 'mix', isSend: true, monitor })).toBe('send');
  });

  it('shows an effect at once, and what the engine says of it later', async () => {
    state().putEffect(0, gain(3));
    expect(shown()[0]).toMatchObject({ effect: gain(3), latencyFrames: 0 });
    await settle();
    expect(shown()[0]).toMatchObject({ effect: gain(3), latencyFrames: 7 });
  });

  it('tells a knob that is turned fast as it stands in the end, and is not turned back by answers', async () => {
    for (let db = 0; db <= 50; db++) state().putEffect(0, gain(db / 10));
    await settle();
    await settle();
    const told = asked('monitor.setEffect').map((args) => (args as { effect: { gainDb: number } }).effect.gainDb);
    expect(told.length).toBeLessThan(4);
    expect([told.at(-1), shown()[0]?.effect]).toEqual([5, gain(5)]);
  });

  it('keeps what is turned when the engine still tells of before, and builds the next turn upon it', async () => {
    const place = { strip: 'master', slot: 0 } as const;
    const before: MonitorState = { ...monitor, effects: [{ place, effect: gain(0), latencyFrames: 7, reverb: null, fault: null }] };
    store.setState({ monitor: before });
    state().putEffect(0, gain(3));
    state().putEffect(1, gain(1));
    client.tell('monitor', before);
    expect(shown().slice(0, 2).map((placed) => placed?.effect)).toEqual([gain(3), gain(1)]);
    state().putEffect(0, null);
    client.tell('monitor', before);
    expect(shown()[0]).toBeNull();
    client.tell('monitor', null);
    expect(state().monitor).toBeNull();
    await settle();
    await settle();
    // What is answered is the engine's again.
    client.tell('monitor', before);
    expect(shown().slice(0, 2).map((placed) => placed?.effect)).toEqual([gain(0), undefined]);
  });

  it('keeps what was there when the engine refuses, and says why', async () => {
    state().putEffect(0, gain(3));
    await settle();
    refused = true;
    state().putEffect(0, gain(9));
    await settle();
    expect(shown()[0]?.effect).toEqual(gain(3));
    expect(state().notices.at(-1)).toMatchObject({ tone: 'bad' });
  });

  it('gives a removed effect back', async () => {
    state().putEffect(2, gain(3));
    state().removeEffect(2);
    expect(shown()[2]).toBeNull();
    state().notices.at(-1)?.action?.run();
    await settle();
    expect(shown()[2]?.effect).toEqual(gain(3));
  });

  it('gets a reverb with the response that is auditioned, and keeps its settings with the next', async () => {
    state().audition({ id: 'hall' });
    const first = shown()[0]?.effect;
    expect(first).toMatchObject({ kind: 'reverb', response: { id: 'hall' }, dryDb: 0 });
    if (first?.kind === 'reverb') state().putEffect(0, { ...first, wetDb: -3 });
    state().audition({ id: 'plate' });
    await settle();
    expect(shown()[0]?.effect).toMatchObject({ response: { id: 'plate' }, wetDb: -3 });
    expect(shown().filter((placed) => placed !== null)).toHaveLength(1);
  });

  it('is sent to by the stems where it is the mix’s', async () => {
    state().setSend(true);
    await settle();
    expect(asked('monitor.setSend')).toEqual([{ strip: 1, gain: 1 }, { strip: 2, gain: 1 }]);
    expect([sentGain('mix', state().monitor), sentGain('input', state().monitor)]).toEqual([1, 0]);
  });
});

describe('the live input', () => {
  it('is opened only after a warning, but with headphones at once', async () => {
    state().toggleInput();
    expect([state().dialog, asked('monitor.setInput')]).toEqual(['feedback', []]);
    state().setHeadphones(true);
    state().toggleInput();
    expect(state().monitor?.input.isMuted).toBe(false);
    state().toggleInput();
    await settle();
    expect(asked('monitor.setInput')).toMatchObject([{ strip: { isMuted: false } }, { strip: { isMuted: true } }]);
  });
});

describe('beats', () => {
  const rhythm: Rhythm = { tempo: { bpm: 120, confidence: 1 }, beats: [0.1, 0.6, 1.1, 1.6, 2.1], key: null, isCorrected: false };
  beforeEach(() => {
    store.setState({ rhythm, song: { title: '', detail: '', seconds: 10, rate: 1000, channels: 2, frames: 10_000, lanes: [], finished: [] } });
  });

  it('draw what lies near', () => {
    expect([0, 0.3, 0.4, 2.2, 9].map((at) => snapped(at, rhythm.beats))).toEqual([0.1, 0.1, 0.6, 2.1, 9]);
    expect(snapped(3, [])).toBe(3);
  });

  it('draw the ends of a loop, when asked', () => {
    state().setLoop(0.2, 1.2);
    expect(state().loop).toEqual([0.2, 1.2]);
    state().toggleSnap();
    state().setLoop(0.2, 1.2);
    expect([state().loop, player.loop]).toEqual([[0.1, 1.1], [0.1, 1.1]]);
  });

  it('are gone to, one by one', () => {
    for (const way of [1, 1, 1, -1] as const) state().seekBeat(way);
    expect(player.at).toBe(0.6);
  });

  it('are as they are tapped, however fast the song is played', async () => {
    vi.useFakeTimers();
    try {
      store.setState({ finished: { id: 'x' } as NonNullable<ReturnType<StudioStore['getState']>['finished']> });
      state().setTimePitch({ speed: 0.5 });
      for (let tap = 0; tap < 4; tap++) {
        player.at = tap / 2;
        state().tapTempo();
        vi.advanceTimersByTime(1000);
      }
      await vi.advanceTimersByTimeAsync(0);
      const [correction] = asked('projects.correctRhythm').map((args) => (args as { correction: { kind: string; bpm: number; offsetSeconds: number } }).correction);
      expect(correction).toMatchObject({ kind: 'tap', offsetSeconds: 1.5 });
      expect(correction?.bpm).toBeCloseTo(120, 6);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('what is printed', () => {
  const lane = (name: string, isPrint = false) => ({ name, isPrint, source: null });
  const heard = { isMuted: false, isSolo: false, db: 0, pan: 0 };
  beforeEach(() => {
    store.setState({
      finished: { id: 'x' } as NonNullable<ReturnType<StudioStore['getState']>['finished']>,
      song: { title: '', detail: '', seconds: 10, rate: 1000, channels: 2, frames: 10_000, lanes: [lane('original'), lane('drums'), lane('bass'), lane('Wet', true)], finished: [] },
      strips: { original: { ...heard, isMuted: true }, drums: { ...heard, db: -6.0206, pan: 0.5 }, bass: { ...heard, db: -Infinity }, Wet: heard },
    });
  });
  const source = async (): Promise<unknown> => {
    await state().print('New');
    return (asked('projects.print').at(-1) as { source: unknown }).source;
  };

  it('is a stem by itself, or the send or the whole mix with all that is heard', async () => {
    const tracks = [{ kind: 'stem', name: 'drums', gain: expect.closeTo(0.5, 4) as number, pan: 0.5 }, { kind: 'print', name: 'Wet', gain: 1, pan: 0 }];
    expect(await source()).toEqual({ kind: 'master', tracks });
    state().setSource(trackSource('bass'));
    expect(await source()).toEqual({ kind: 'stem', name: 'bass' });
    state().setSource(trackSource('Wet'));
    expect(await source()).toEqual({ kind: 'print', name: 'Wet' });
    store.setState({ isSend: true });
    expect(await source()).toEqual({ kind: 'send', tracks });
  });

  it('waits until the engine knows the chain as it is shown', async () => {
    for (const db of [1, 2, 3]) state().putEffect(0, gain(db));
    await state().print('New');
    const told = client.asked.filter(([name]) => name === 'monitor.setEffect' || name === 'projects.print');
    expect(told.slice(-2)).toMatchObject([['monitor.setEffect', { effect: gain(3) }], ['projects.print', { name: 'New' }]]);
  });

  it('is nothing where nothing is heard, and that is said', async () => {
    store.setState({ strips: { drums: { ...heard, isMuted: true } } });
    await state().print('New');
    expect([asked('projects.print'), state().notices.at(-1)?.tone]).toEqual([[], 'warn']);
  });

  it.each([
    [{ source: 'mix' }, false, null],
    [{ source: 'mix' }, true, /no effect/],
    [{ source: 'input' }, false, /live input/],
    [{ source: 'input', isSend: true }, false, null],
    [{ source: 'mix', finished: null }, false, /finished song/],
  ])('%o is refused with a reason or not at all', (change, isEmpty, why) => {
    const problem = printProblem({ ...state(), ...change }, isEmpty);
    if (why === null) expect(problem).toBeNull();
    else expect(problem).toMatch(why);
  });
});

describe('what each mode would take', () => {
  it('is measured once for each setting of it, and shown for that alone', async () => {
    state().audition({ id: 'hall' });
    await settle();
    state().measureModes();
    state().measureModes();
    await settle();
    expect(asked('monitor.measureModes')).toMatchObject([{ effect: { response: { id: 'hall' } } }]);
    const hall = state().modeLoads?.key;
    expect(state().modeLoads?.loads).toMatchObject([{ mode: 'direct', load: 3 }]);
    const effect = shown()[0]?.effect;
    if (effect?.kind !== 'reverb') throw new Error('there is no reverb');
    state().putEffect(0, { ...effect, wetDb: -3 });
    state().measureModes();
    expect(asked('monitor.measureModes')).toHaveLength(1);
    state().putEffect(0, { ...effect, blockSize: 64 });
    state().measureModes();
    await settle();
    expect(asked('monitor.measureModes')).toHaveLength(2);
    expect(state().modeLoads?.key).not.toBe(hall);
  });
});
