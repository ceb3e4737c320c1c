import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AudioPlayer } from './audio-player.ts';
import type { PlayableSong } from './player.ts';

const rate = 1000;
const param = () => ({ value: 1, setTargetAtTime: vi.fn(), setValueAtTime: vi.fn(), linearRampToValueAtTime: vi.fn() });
const node = () => ({ connect: (to: unknown) => to, disconnect: vi.fn(), gain: param(), pan: param() });

/** What was handed to the audio thread: when, in frames, and the samples of the left channel. */
let heard: { when: number; samples: Float32Array }[];
let now: number;

class FakeContext {
  readonly sampleRate = rate;
  readonly outputLatency = 0;
  readonly state = 'running';
  readonly destination = node();
  get currentTime(): number {
    return now;
  }
  createGain = node;
  createStereoPanner = node;
  createChannelSplitter = node;
  createAnalyser = node;
  close = () => Promise.resolve();
  createBuffer(_: number, frames: number): { getChannelData: () => Float32Array } {
    const samples = new Float32Array(frames);
    return { getChannelData: () => samples };
  }
  createBufferSource(): { buffer: { getChannelData: () => Float32Array } | null; connect: (to: unknown) => unknown; start: (when: number) => void } {
    const source = { ...node(), buffer: null as { getChannelData: () => Float32Array } | null, start: (when: number) => { heard.push({ when: when * rate, samples: source.buffer?.getChannelData() ?? new Float32Array() }); } };
    return source;
  }
}

/** A mono track whose samples are their own frames, plus what tells tracks apart. */
const track = (offset: number) => (range: readonly [number, number]): ArrayBuffer => Float32Array.from({ length: (range[1] - range[0]) / 4 }, (_, index) => range[0] / 4 + index + offset).buffer;
const song = (address: string): PlayableSong => ({ rate, channels: 1, frames: 10_000, tracks: [{ name: 'a', address }] });

let player: AudioPlayer;
let gone: Set<string>;

/** Lets the player read and the clock go on, so long. */
async function pass(seconds: number): Promise<void> {
  for (let step = 0; step < seconds * 50; step++) {
    now += 0.02;
    await vi.advanceTimersByTimeAsync(20);
  }
}

/** The samples that sounded, frame by frame, until now; NaN where nothing did. */
function output(from = 0): number[] {
  const end = Math.floor(now * rate);
  const out = new Array<number>(Math.max(0, end - from)).fill(NaN);
  for (const { when, samples } of heard) {
    expect(when).toBeCloseTo(Math.round(when), 6);
    for (const [index, value] of samples.entries()) if (Math.round(when) + index - from in out) out[Math.round(when) + index - from] = value;
  }
  return out;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('AudioContext', FakeContext);
  heard = [];
  now = 0;
  gone = new Set();
  player = new AudioPlayer((address, range) => (gone.has(address) || range === undefined ? Promise.reject(new Error('gone')) : Promise.resolve(track(address === 'project' ? 0.5 : 0)(range))));
  player.load(song('live'), false);
});
afterEach(() => {
  player.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('what is heard', () => {
  it('joins to the sample, for as long as it plays', async () => {
    player.play();
    await pass(6);
    const first = heard[0]?.when ?? 0;
    const sound = output(Math.round(first));
    expect(sound.length).toBeGreaterThan(5000);
    expect(sound.every((value, index) => value === index)).toBe(true);
    expect(player.position()).toBeCloseTo(now - first / rate, 6);
  });

  it('loops to the sample', async () => {
    player.setLoop([1, 2.345]);
    player.seek(0.5);
    player.play();
    await pass(5);
    const sound = output(Math.round(heard[0]?.when ?? 0));
    const expected = Array.from({ length: sound.length }, (_, index) => (index < 1845 ? 500 + index : 1000 + ((index - 1845) % 1345)));
    expect(sound).toEqual(expected);
  });

  it('goes on without a gap when the live tracks become the project’s, even if they go first', async () => {
    player.play();
    await pass(2);
    gone.add('live');
    player.load(song('project'), true);
    await pass(3);
    const sound = output(Math.round(heard[0]?.when ?? 0));
    expect(sound.every((value, index) => Math.floor(value) === index)).toBe(true);
    expect(sound.at(-1)).toBe(sound.length - 1 + 0.5);
  });

  it('has no gap while an end of the loop is dragged ahead of the playhead, and follows it', async () => {
    player.setLoop([0, 9]);
    player.play();
    await pass(1);
    for (const end of [8, 7, 6, 4]) player.setLoop([0, end]);
    await pass(4);
    const sound = output(Math.round(heard[0]?.when ?? 0));
    expect(sound.every((value, index) => value === index % 4000)).toBe(true);
  });
});

it('tells when a track cannot be read, and stops', async () => {
  const told = vi.fn();
  player.onState(told);
  gone.add('live');
  player.play();
  await pass(0.2);
  expect(told.mock.calls.at(-1)).toMatchObject([false, { message: 'gone' }]);
});

it('stops at the end, and begins anew from the start', async () => {
  const told = vi.fn();
  player.seek(9.5);
  player.onState(told);
  player.play();
  await pass(1);
  expect(told.mock.calls.map(([isPlaying]: unknown[]) => isPlaying)).toEqual([true, false]);
  expect(player.position()).toBe(10);
  player.play();
  await pass(0.5);
  expect(player.position()).toBeLessThan(1);
});
