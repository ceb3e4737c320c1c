import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MonitorState, type Meters, type MonitorChoice, type TransportState } from '../contract/monitor.ts';
import type { AudioDeviceChanges } from '../engine/native-sound.ts';
import { fakeMonitor, type FakeMonitor } from '../engine/testing-monitor.ts';
import { fakeNative } from '../engine/testing.ts';
import { Monitor } from './monitor.ts';
import { playableProject, type PlayableSong } from './playable-song.ts';
import { ProjectLibrary } from './projects.ts';
import type { ResponseStore } from './response-library.ts';
import { limiter, openTestResponses } from './testing-responses.ts';
import { writeProject } from './testing-studio.ts';

const choice: MonitorChoice = { device: 'card', rate: null, blockFrames: null, inputs: 1 };
const strip = { gain: 1, pan: 0, isMuted: false, isSolo: false };
let folder: string;
let project: string;
let cards: FakeMonitor[];
let monitor: Monitor;
let responses: ResponseStore;
let states: (MonitorState | null)[];
let meters: Meters[];
let transports: TransportState[];
/** Whether the good card is plugged in, how often something was plugged, and how often that was told. */
let isThere: boolean;
let changes: AudioDeviceChanges;
let told: number;
let isHeeded: boolean;
/** The song that is being separated. */
let live: { id: string; song: PlayableSong };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-monitor-'));
  project = await writeProject(folder, 'Song');
  [cards, states, meters, transports] = [[], [], [], []];
  [isThere, changes, told, isHeeded] = [true, { list: 0, defaultOutput: 0 }, 0, true];
  const library = new ProjectLibrary(folder);
  const growing = ['original', 'drums'].map((name) => ({ kind: name === 'original' ? ('original' as const) : ('stem' as const), name, path: `/live/${name}` }));
  live = { id: randomUUID(), song: { rate: 44_100, channels: 2, frames: 1000, finished: [[0, 400]], tracks: growing, folder: null } };
  const native = fakeNative();
  responses = await openTestResponses(folder, native);
  monitor = new Monitor({
    responses,
    tailDevice: () => Promise.resolve('no GPU'),
    native: {
      ...native,
      audioDevices: () => Promise.resolve([['busy', 'Busy card', true] as const, ...(isThere ? [['card', 'Good card', false] as const] : [])].map(([id, name, isDefault]) => ({ id, name, isDefault, system: 'ALSA', inputs: 0, outputs: 2, rate: 48_000 }))),
      audioDeviceChanges: () => changes,
      openMonitor: (spec) => {
        if (spec.device !== 'none' && (spec.device !== 'card' || !isThere)) {
          return native.openMonitor(spec);
        }
        const isSilent = spec.device === 'none';
        const card = fakeMonitor({ device: isSilent ? 'No sound device' : 'Good card', isSilent, rate: spec.rate ?? 44_100, blockFrames: 0, inputs: spec.inputs ?? 0 });
        cards.push(card);
        return Promise.resolve(card.monitor);
      },
    },
    find: async (id) => (id === live.id ? live.song : playableProject(await library.find(id))),
    isHeeded: () => isHeeded,
    onDevices: () => {
      told += 1;
    },
    onState: (state) => states.push(state),
    onMeters: (reading) => meters.push(reading),
    onTransport: (transport) => transports.push(transport),
  });
});

afterEach(async () => {
  await monitor.close();
  await responses.close();
  await rm(folder, { recursive: true });
});

function load(names = ['drums', 'lead vocals'], position: number | null = 0): Promise<MonitorState> {
  return monitor.load({ project, tracks: names.map((name) => ({ kind: 'stem', name, strip })), position });
}

it('plays tracks of the project alone, and tells what it does', async () => {
  expect(await monitor.open(choice)).toMatchObject({ device: 'Good card', isSilent: false, blockFrames: null, project: null, notice: null });
  await expect(monitor.play()).rejects.toMatchObject({ code: 'usage' });
  await expect(load(['../../secret'])).rejects.toMatchObject({ code: 'usage' });
  expect(cards[0]?.calls).toEqual([]);
  expect(await load()).toMatchObject({ project });
  await monitor.play();
  await monitor.seek(10 ** 9);
  expect(cards[0]?.calls.slice(-2)).toEqual([['play'], ['seek', 1000]]);
  await expect(monitor.setStrip(2, strip)).rejects.toMatchObject({ code: 'usage' });
  await vi.waitFor(() => {
    expect(meters.length).toBeGreaterThan(1);
    expect(transports.at(-1)).toEqual({ project, position: 0, isPlaying: false, isWaiting: false, lateReads: 0 });
  });
});

it.each([
  ['gone', 'Connect it'],
  ['busy', 'Another program may hold it'],
])('a device that is %s is explained, and nothing is left open', async (device, hint) => {
  await monitor.open(choice);
  await expect(monitor.open({ ...choice, device })).rejects.toMatchObject({ code: 'output', hint: expect.stringContaining(hint) as string });
  expect(cards[0]?.calls).toEqual([['close']]);
  expect(monitor.state).toBeNull();
});

it('a device that goes away leaves a silent one, set as it was, and says so', async () => {
  await monitor.open(choice);
  await load();
  await monitor.setStrip(1, { ...strip, gain: 0.25 });
  await monitor.setMaster(0.5);
  await monitor.loop([100, 900]);
  // The first one gets its turn, of the others the last.
  await Promise.all([1, 2, 3].map((semitones) => monitor.setTimePitch({ semitones, speed: 0.5 })));
  expect(cards[0]?.calls.filter(([name]) => name === 'setTimePitch').at(-1)).toEqual(['setTimePitch', 3, 0.5]);
  await monitor.setEffect({ strip: 'master', slot: 7 }, limiter);
  await monitor.setInput(strip);
  await monitor.play();
  isThere = false;
  Object.assign(cards[0]?.meters ?? {}, { position: 432.1, isDeviceRunning: false });
  await vi.waitFor(() => {
    expect(states.at(-1)).toMatchObject({ isSilent: true, rate: 44_100, project, notice: expect.stringMatching(/^Good card has gone: .*Connect it, or start its sound server/) as string });
  });
  expect(cards[0]?.calls.at(-1)).toEqual(['close']);
  const calls = cards[1]?.calls ?? [];
  expect(calls.find(([name]) => name === 'load')?.[1]).toMatchObject({ position: 432, tracks: [{ strip }, { strip: { gain: 0.25 } }] });
  expect(calls).toEqual(expect.arrayContaining([['setMaster', 0.5], ['setTimePitch', 3, 0.5], ['loop', [100, 900]], ['setEffect', { strip: 'master', slot: 7 }, { kind: 'limiter', ceilingDb: -1 }]]));
  expect(calls.map(([name]) => name)).not.toContain('play');

  isThere = true;
  Object.assign(cards[1]?.meters ?? {}, { position: 500 });
  changes = { ...changes, list: 1 };
  await vi.waitFor(
    () => {
      expect(states.at(-1)).toMatchObject({ isSilent: false, notice: 'Good card is back.', input: { isMuted: true }, loop: [100, 900] });
    },
    { timeout: 4000 },
  );
  expect(told).toBe(1);
  expect(cards[1]?.calls.at(-1)).toEqual(['close']);
  const back = cards[2]?.calls ?? [];
  expect(back.find(([name]) => name === 'load')?.[1]).toMatchObject({ position: 500 });
  expect(back.map(([name]) => name)).not.toContain('play');
});

it('lists devices anew by letting the open one go for a moment, and plays on', async () => {
  await monitor.open(choice);
  await load();
  Object.assign(cards[0]?.meters ?? {}, { position: 321, isPlaying: true });
  expect((await monitor.devices()).isOutdated).toBe(false);
  changes = { ...changes, list: 1 };
  expect((await monitor.devices()).isOutdated).toBe(true);
  expect(await monitor.refreshDevices()).toMatchObject({ isOutdated: false, devices: [{ id: 'busy' }, { id: 'card' }] });
  expect(cards[0]?.calls.at(-1)).toEqual(['close']);
  expect(cards[1]?.monitor.info.isSilent).toBe(true);
  expect(cards[1]?.calls).toEqual([['close']]);
  const calls = cards[2]?.calls ?? [];
  expect(calls.find(([name]) => name === 'load')?.[1]).toMatchObject({ position: 321 });
  expect(calls.at(-1)).toEqual(['play']);
  expect(monitor.state).toMatchObject({ device: 'Good card', notice: null });
});

it('tells the latency that was measured until another device is open, and says what to do where none was', async () => {
  await monitor.open(choice);
  expect(await monitor.measureLatency()).toEqual({ frames: 480, seconds: 480 / 44_100 });
  expect(monitor.state?.loopback?.frames).toBe(480);
  Object.assign(cards[0]?.monitor ?? {}, { measureLatency: () => Promise.reject(Object.assign(new Error('the test signal did not come back'), { code: 'output' })) });
  await expect(monitor.measureLatency()).rejects.toMatchObject({ code: 'output', hint: expect.stringContaining('cable') as string });
  await monitor.open({ ...choice, inputs: 0 });
  expect(monitor.state?.loopback).toBeNull();
  await expect(monitor.measureLatency()).rejects.toMatchObject({ code: 'usage' });
});

it('reads no meters out where nobody heeds them', async () => {
  isHeeded = false;
  await monitor.open(choice);
  const readings = vi.fn(() => silent);
  const silent = cards[0]?.meters;
  Object.assign(cards[0]?.monitor ?? {}, { meters: readings });
  await vi.waitFor(() => {
    expect(readings.mock.calls.length).toBeGreaterThan(3);
  });
  expect([meters, transports]).toEqual([[], []]);
  isHeeded = true;
  await vi.waitFor(() => {
    expect(meters.length).toBeGreaterThan(0);
  });
});

it('a song that is being separated plays where it is final, and goes on as a project', async () => {
  await monitor.open(choice);
  const { id } = live;
  await monitor.load({ project: id, tracks: live.song.tracks.map(({ kind, name }) => ({ kind, name, strip })), position: 0 });
  const played = () => cards.at(-1)?.calls.find(([name]) => name === 'load')?.[1];
  expect(played()).toMatchObject({ finished: [[0, 400]], tracks: [{ path: '/live/original', isGrowing: false }, { path: '/live/drums', isGrowing: true }] });
  await monitor.setFinished(project, [[0, 900]]);
  await monitor.setFinished(id, [[0, 400]]);
  await monitor.setFinished(id, [[0, 800]]);
  const changes = () => cards[0]?.calls.filter(([name]) => name === 'setFinished');
  expect(changes()).toEqual([['setFinished', [[0, 800]]]]);

  live.song = { ...live.song, finished: null, tracks: live.song.tracks.map((track) => ({ ...track, path: `/project/${track.name}` })) };
  await monitor.settle(id);
  expect(changes()?.at(-1)).toEqual(['setFinished', [[0, 1000]]]);
  await monitor.setFinished(id, [[0, 900]]);
  expect(changes()).toHaveLength(2);
  isThere = false;
  Object.assign(cards[0]?.meters ?? {}, { isDeviceRunning: false });
  await vi.waitFor(() => {
    expect(played()).toMatchObject({ finished: null, tracks: [{ path: '/project/original' }, { path: '/project/drums', isGrowing: false }] });
  });
});

it('a page that comes late is told all that was set', async () => {
  await monitor.open(choice);
  await load();
  await monitor.setStrip(1, { ...strip, pan: -1 });
  await monitor.setInput({ ...strip, gain: 2 });
  await monitor.setMaster(0.5);
  await monitor.loop([100, 900]);
  await monitor.setEffect({ strip: 'master', slot: 7 }, limiter);
  expect(MonitorState.parse(monitor.state)).toMatchObject({
    ...{ choice, project, master: 0.5, loop: [100, 900], input: { gain: 2 }, timePitch: { semitones: 0, speed: 1 }, loopback: null },
    tracks: [{ name: 'drums', strip }, { name: 'lead vocals', strip: { pan: -1 } }],
    effects: [{ place: { strip: 'master', slot: 7 }, effect: { kind: 'limiter' } }],
  });
});

it('is told of changed tracks, and lets go of a project', async () => {
  await monitor.open(choice);
  await load();
  await monitor.refresh('another');
  await monitor.unload('another');
  await monitor.refresh(project);
  expect(cards[0]?.calls.slice(2)).toEqual([['refresh', [0, 1000]]]);
  await monitor.unload(project);
  expect(monitor.state?.project).toBeNull();
});
