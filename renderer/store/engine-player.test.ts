import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StemwrightError, type MonitorChoice, type MonitorLoad, type MonitorState } from '../client/contract.ts';
import { EnginePlayer } from './engine-player.ts';
import type { PageOutput } from './page-output.ts';
import type { PlayableSong } from './player.ts';
import { FakeClient } from './testing.ts';

const id = '11111111-1111-4111-8111-111111111111';
const rate = 1000;
const song: PlayableSong = { id, rate, frames: 10_000, tracks: [{ kind: 'original', name: 'original' }, { kind: 'stem', name: 'drums' }] };
const strip = { gain: 1, pan: 0, isMuted: false, isSolo: false };

function stateOf(choice: MonitorChoice, change: Partial<MonitorState> = {}): MonitorState {
  const isSilent = choice.device === 'none';
  return {
    ...{ choice, device: isSilent ? 'No sound device' : 'Card', isSilent, rate, blockFrames: 128, inputs: 0, project: null, tracks: [], input: { ...strip, isMuted: true }, master: 1 },
    ...{ loop: null, timePitch: { semitones: 0, speed: 1 }, effects: [], sends: [], loopback: null, notice: null },
    ...change,
  };
}

let client: FakeClient;
let player: EnginePlayer;
let output: { start: ReturnType<typeof vi.fn>; stop: ReturnType<typeof vi.fn>; latency: number };
let told: [boolean, string | undefined][];
let open: MonitorState | null;
/** Which devices there are. */
let isThere: (device: string | null) => boolean;

const asked = (channel: string): unknown[] => client.asked.filter(([name]) => name === channel).map(([, args]) => args);
const settle = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(0);
};

/** As the services tell it and the page looks, thirty times a second, for so long. */
async function pass(seconds: number, from: number, { isPlaying = true, speed = 1 } = {}): Promise<number> {
  let at = from;
  for (let step = 0; step < seconds * 30; step++) {
    await vi.advanceTimersByTimeAsync(1000 / 30);
    if (isPlaying) at += speed / 30;
    client.tell('transport', { project: id, position: at * rate, isPlaying, isWaiting: false, lateReads: 0 });
    player.position();
  }
  return at;
}

beforeEach(async () => {
  vi.useFakeTimers();
  [open, told, isThere] = [null, [], () => true];
  output = { start: vi.fn(), stop: vi.fn(), latency: 0 };
  client = new FakeClient({
    'monitor.state': () => open,
    'monitor.open': (choice: MonitorChoice) => {
      if (choice.device !== 'none' && !isThere(choice.device)) throw new StemwrightError('output', 'no such device');
      return (open = stateOf(choice));
    },
    'monitor.load': ({ project, tracks }: MonitorLoad) => (open = { ...(open ?? stateOf({ device: null, rate: null, blockFrames: null, inputs: 0 })), project, tracks }),
    ...Object.fromEntries(['unload', 'play', 'pause', 'seek', 'loop', 'setStrip', 'setTimePitch'].map((name) => [`monitor.${name}`, () => null])),
  });
  player = new EnginePlayer(client, () => output as unknown as PageOutput);
  player.onState((isPlaying, fault) => told.push([isPlaying, fault?.message]));
  client.connect(true);
  await settle();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('playing', () => {
  it('opens sound when it is asked for, with all that was set before', async () => {
    player.load(song, false);
    player.setTrack('drums', 0.5, -1);
    player.setLoop([2, 4]);
    player.setTimePitch({ semitones: 3, speed: 0.5 });
    player.seek(2.5);
    await settle();
    expect(client.asked.map(([channel]) => channel)).toEqual(['monitor.state']);
    player.play();
    await settle();
    expect(asked('monitor.load')).toMatchObject([{ project: id, tracks: [{ name: 'original', strip }, { name: 'drums', strip: { ...strip, gain: 0.5, pan: -1 } }], position: 2500 }]);
    expect([asked('monitor.loop'), asked('monitor.setTimePitch'), asked('monitor.play')]).toEqual([[{ range: [2000, 4000] }], [{ timePitch: { semitones: 3, speed: 0.5 } }], [null]]);
    expect([told, output.start.mock.calls]).toEqual([[[true, undefined]], []]);
  });

  it('goes on without a device, and then the page plays', async () => {
    isThere = () => false;
    player.load(song, false);
    player.play();
    await settle();
    expect(asked('monitor.open')).toMatchObject([{ device: null }, { device: 'none', rate }]);
    expect(output.start).toHaveBeenCalled();
    expect(told).toEqual([[true, undefined]]);
  });

  it('says so when it is not the device that was chosen', async () => {
    isThere = () => false;
    player.choose({ device: 'card', rate: 48_000, blockFrames: 64, inputs: 1 });
    player.load(song, false);
    player.play();
    await settle();
    expect(told.at(-1)).toEqual([true, 'no such device']);
    expect(open?.isSilent).toBe(true);
  });

  it('ends with the song, and begins anew from its start', async () => {
    player.load(song, false);
    player.seek(9);
    player.play();
    await settle();
    await pass(1, 9);
    await pass(0.1, 10, { isPlaying: false });
    expect(told).toEqual([[true, undefined], [false, undefined]]);
    expect(player.position()).toBe(10);
    player.play();
    await settle();
    expect(asked('monitor.seek')).toEqual([{ frame: 0 }]);
    expect(player.position()).toBe(0);
  });

  it('stops where it cannot, and says why', async () => {
    player.load({ ...song, id: '22222222-2222-4222-8222-222222222222' }, false);
    client.request = () => Promise.reject(new StemwrightError('input', 'drums.f32 is gone'));
    player.play();
    await settle();
    expect(told.at(-1)).toEqual([false, 'drums.f32 is gone']);
  });

  it('is not taken for ended while it is still being begun', async () => {
    player.load(song, false);
    await player.prepare();
    player.play();
    await pass(0.2, 0, { isPlaying: false });
    expect(told).toEqual([[true, undefined]]);
  });

  it('stands when another page has taken the monitor, and takes it back', async () => {
    player.load(song, false);
    player.play();
    await settle();
    await pass(1, 0);
    client.tell('monitor', stateOf({ device: null, rate: null, blockFrames: null, inputs: 0 }, { project: '33333333-3333-4333-8333-333333333333' }));
    expect(told.at(-1)).toEqual([false, undefined]);
    expect(player.position()).toBeCloseTo(1, 1);
    player.play();
    await settle();
    expect(asked('monitor.load').at(-1)).toMatchObject({ project: id, position: Math.round(player.position() * rate) });
  });
});

describe('the playhead', () => {
  beforeEach(async () => {
    player.load(song, false);
    await player.prepare();
  });

  it('is where it was put, to the frame, as long as it stands there', async () => {
    player.seek(5);
    expect(player.position()).toBe(5);
    await pass(0.3, 4.9995, { isPlaying: false });
    expect(player.position()).toBe(5);
    for (const seconds of [6, 7, 8]) player.seek(seconds);
    await settle();
    expect(asked('monitor.seek')).toEqual([{ frame: 5000 }, { frame: 6000 }, { frame: 8000 }]);
  });

  it('waits there until it is heard, and then goes on', async () => {
    output.latency = 0.2;
    player.play();
    await settle();
    await pass(1, 0);
    expect(player.position()).toBeCloseTo(0.8, 1);
    player.seek(6);
    await pass(0.1, 6);
    expect(player.position()).toBe(6);
    await pass(0.5, 6.1);
    expect(player.position()).toBeCloseTo(6.4, 1);
  });

  it('is not taken for reached where what is heard late is of an earlier visit', async () => {
    output.latency = 0.5;
    await pass(0.6, 0.9, { isPlaying: false });
    const shown: number[] = [];
    for (const [place, steps] of [[0, 8], [5, 8], [0, 24]] as const) {
      player.seek(place);
      for (let step = 0; step < steps; step++) {
        await pass(1 / 30, place, { isPlaying: false });
        shown.push(player.position() - place);
      }
    }
    expect(new Set(shown)).toEqual(new Set([0]));
  });

  it('stays where it was put until that is heard, however late', async () => {
    output.latency = 2.5;
    await pass(3, 3, { isPlaying: false });
    player.seek(6);
    for (let step = 0; step < 24; step++) {
      await pass(0.1, 6, { isPlaying: false });
      expect(player.position()).toBe(6);
    }
  });

  it('does not go back to before a seek when sound begins to be heard late', async () => {
    await pass(0.5, 5, { isPlaying: false });
    player.seek(1);
    player.play();
    await settle();
    const at = await pass(0.2, 1);
    output.latency = 0.4;
    expect(player.position()).toBeCloseTo(1, 1);
    await pass(0.6, at);
    expect(player.position()).toBeCloseTo(1.4, 1);
  });

  it('is where the song is when a seek was never done', async () => {
    await pass(0.5, 3, { isPlaying: false });
    player.seek(6);
    await pass(2.5, 3, { isPlaying: false });
    expect(player.position()).toBe(3);
  });

  it('goes as fast as the song does', async () => {
    player.setTimePitch({ semitones: 0, speed: 0.5 });
    player.play();
    await settle();
    await pass(2, 0, { speed: 0.5 });
    const before = player.position();
    await vi.advanceTimersByTimeAsync(100);
    expect(player.position() - before).toBeCloseTo(0.05, 3);
  });

  it('keeps its place and goes on when the live tracks become the project’s', async () => {
    player.play();
    await settle();
    await pass(1, 0);
    player.load({ ...song, tracks: [...song.tracks, { kind: 'residual', name: 'residual' }] }, true);
    await settle();
    expect(asked('monitor.load').at(-1)).toMatchObject({ tracks: [{}, {}, { kind: 'residual' }], position: null });
    expect(told).toEqual([[true, undefined]]);
    expect(player.position()).toBeCloseTo(1, 1);
  });

  it('keeps its place when another device is opened, and what played goes on', async () => {
    player.play();
    await settle();
    await pass(3, 0);
    player.choose({ device: 'none', rate, blockFrames: null, inputs: 0 });
    await player.reopen();
    expect(asked('monitor.load').at(-1)).toMatchObject({ position: expect.closeTo(3000, -2) as number });
    expect(asked('monitor.play')).toHaveLength(2);
    expect(output.start).toHaveBeenCalledTimes(1);
  });
});

describe('faders', () => {
  beforeEach(async () => {
    player.load(song, false);
    await player.prepare();
  });

  it('that are moved faster than they are told are told as they are in the end', async () => {
    for (let step = 0; step <= 100; step++) player.setTrack('drums', step / 100, 0);
    await settle();
    const gains = asked('monitor.setStrip').map((args) => (args as { strip: { gain: number } }).strip.gain);
    expect(gains.length).toBeLessThan(4);
    expect(gains.at(-1)).toBe(1);
  });

  it('are told for tracks of the song alone, and only when they have moved', async () => {
    player.setTrack('flute', 0.5, 0);
    player.setTrack('drums', 0.5, 0);
    await settle();
    player.setTrack('drums', 0.5, 0);
    await settle();
    expect(asked('monitor.setStrip')).toEqual([{ index: 1, strip: { ...strip, gain: 0.5 } }]);
  });
});

describe('levels', () => {
  const levels = (peak: number) => ({ peak: [peak, peak / 2], rms: [0, 0], truePeak: 0 });
  const tell = (peak: number): void => {
    client.tell('meters', { strips: [levels(0), levels(peak)], master: levels(1), input: levels(0), send: levels(0), loadMean: 0, loadWorst: 0, overloads: 0, xruns: 0, readFaults: 0, nonFiniteBlocks: 0, inputLatencySeconds: 0, outputLatencySeconds: 0 });
  };

  it('are of what is heard now, and silent when nothing is told', async () => {
    player.load(song, false);
    await player.prepare();
    output.latency = 0.1;
    tell(0.25);
    await vi.advanceTimersByTimeAsync(60);
    tell(0.5);
    await vi.advanceTimersByTimeAsync(60);
    expect([player.levels('drums'), player.levels(), player.levels('flute')]).toEqual([{ left: 0.25, right: 0.125 }, { left: 1, right: 0.5 }, { left: 0, right: 0 }]);
    await vi.advanceTimersByTimeAsync(60);
    expect(player.levels('drums').left).toBe(0.5);
    await vi.advanceTimersByTimeAsync(1000);
    expect(player.levels('drums').left).toBe(0);
  });
});
