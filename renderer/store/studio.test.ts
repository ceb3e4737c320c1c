import { beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings, StemwrightError, type ItemPlan, type QueueItem } from '../client/contract.ts';
import { createStudio } from './studio.ts';
import type { StudioStore } from './state.ts';
import { FakeClient, FakePlayer } from './testing.ts';
import { held } from './window.ts';

const id = '11111111-1111-4111-8111-111111111111';
const item: QueueItem = { id, path: '/music/a.flac', title: 'a', addedAt: '', options: defaultSettings.lastOptions, redo: null, state: 'waiting', fault: null, project: null, warnings: [] };
const plan: ItemPlan = {
  media: { title: 'a', seconds: 100, container: 'flac', codec: 'flac', rate: 44_100, channels: 2, bytes: 1 },
  stems: ['drums', 'bass', 'other', 'vocals'],
  ...{ backend: 'cpu', segmentSeconds: 4, isSegmentLimited: false },
  predicted: { seconds: 10, isRough: false, memoryBytes: null, diskBytes: 1 },
  freeDiskBytes: 1,
};
const live = {
  ...{ rate: 44_100, channels: 2, frames: 4_410_000 },
  tracks: ['original', 'drums', 'vocals'].map((name) => ({ name, samples: `${name}.f32`, peaks: `${name}.peaks` })),
};
const progressAt = (end: number) => ({ id, mode: 'full', progress: { phase: 'separate', fraction: 0.5, etaSeconds: 3, finished: [[0, end]] }, live });

let client: FakeClient;
let player: FakePlayer;
let store: StudioStore;

function start(extra: Record<string, (args: never) => unknown> = {}): void {
  client = new FakeClient({
    'app.info': () => null,
    'settings.get': () => defaultSettings,
    'models.list': () => [],
    'models.offered': () => [],
    'tasks.list': () => [],
    'presets.list': () => [],
    'projects.list': () => ({ projects: [], damaged: [] }),
    'queue.list': () => ({ active: false, items: [] }),
    'queue.progress': () => null,
    'queue.add': () => [item],
    'queue.plan': () => plan,
    ...extra,
  });
  player = new FakePlayer();
  store = createStudio(client, player);
  client.connect(true);
}

beforeEach(() => {
  start();
});

describe('the queue', () => {
  it('uploads files, queues them with the settings, and shows the first with its plan', async () => {
    store.getState().addFiles([new File(['x'], 'a.flac')]);
    expect(store.getState().uploads).toMatchObject([{ name: 'a.flac' }]);
    await vi.waitFor(() => { expect(client.asked).toContainEqual(['queue.add', { paths: ['/uploads/a.flac'], options: defaultSettings.lastOptions }]); });
    client.tell('queue', { active: false, items: [item] });
    await vi.waitFor(() => { expect(store.getState().song?.lanes.map(({ name }) => name)).toEqual(['original', 'vocals', 'drums', 'bass', 'other', 'residual']); });
    expect(store.getState()).toMatchObject({ uploads: [], shown: { kind: 'item', id }, selected: 'vocals', song: { seconds: 100 } });
  });

  it('asks for each plan once, and keeps the fault of a file that has none', async () => {
    start({ 'queue.plan': () => Promise.reject(new StemwrightError('input', '/music/a.flac: not audio')) });
    for (let times = 0; times < 3; times++) client.tell('queue', { active: false, items: [item] });
    await vi.waitFor(() => { expect(store.getState().plans[id]).toMatchObject({ ok: false, fault: { code: 'input' } }); });
    client.tell('queue', { active: true, items: [item] });
    expect(client.asked.filter(([channel]) => channel === 'queue.plan')).toHaveLength(1);
  });

  it('tells a refusal in a notice', async () => {
    start({ 'queue.cancel': () => Promise.reject(new StemwrightError('input', 'no such item', 'Look again.')) });
    store.getState().cancelItem(id);
    await vi.waitFor(() => { expect(store.getState().notices).toMatchObject([{ tone: 'bad', text: 'no such item.', hint: 'Look again.' }]); });
  });
});

describe('a song that is being separated', () => {
  beforeEach(() => {
    client.tell('queue', { active: true, items: [{ ...item, state: 'running' }] });
    client.tell('progress', progressAt(1000));
  });

  it('is shown by itself, and can be played', () => {
    expect(store.getState().shown).toEqual({ kind: 'item', id });
    expect(player.song).toMatchObject({ id, tracks: [{ kind: 'original' }, { kind: 'stem', name: 'vocals' }, { kind: 'stem', name: 'drums' }] });
  });

  it('grows, and keeps window, place and mix', () => {
    store.getState().zoom(0.5, 0);
    store.getState().setStrip('drums', { db: -6 });
    player.at = 12;
    client.tell('progress', progressAt(2000));
    expect(store.getState().song?.finished).toEqual([[0, 2000]]);
    expect(store.getState()).toMatchObject({ window: { start: 0, span: 50 }, strips: { drums: { db: -6 } } });
    expect(store.getState().position()).toBe(12);
  });

  it('leaves the lanes when it fails', () => {
    client.tell('queue', { active: true, items: [{ ...item, state: 'failed', fault: { code: 'no-room', message: 'full', hint: '' } }] });
    expect(store.getState().song).toBeNull();
    expect(player.song).toBeNull();
  });

  it('mutes, and hears only what is solo', () => {
    const gains = () => Object.fromEntries(['original', 'vocals', 'drums'].map((name) => [name, player.tracks.get(name)?.[0]]));
    expect(gains()).toEqual({ original: 0, vocals: 1, drums: 1 });
    store.getState().setStrip('drums', { isMuted: true });
    expect(gains()).toEqual({ original: 0, vocals: 1, drums: 0 });
    store.getState().toggleSolo('drums', false);
    expect(gains()).toEqual({ original: 0, vocals: 0, drums: 1 });
    store.getState().toggleSolo('original', true);
    expect(gains()).toEqual({ original: 1, vocals: 0, drums: 0 });
    store.getState().toggleSolo('original', true);
    expect(gains()).toEqual({ original: 0, vocals: 1, drums: 0 });
  });

  it('loops a region the right way round, and none that is a slip of the hand', () => {
    store.getState().setLoop(20, 10);
    expect(player.loop).toEqual([10, 20]);
    store.getState().toggleLoop();
    expect(player.loop).toBeNull();
    expect(store.getState().loop).toEqual([10, 20]);
    store.getState().setLoop(5, 5.01);
    expect(store.getState()).toMatchObject({ loop: null, isLooping: false });
  });
});

it('settings are shown at once, and put back when refused', async () => {
  start({ 'settings.set': () => Promise.reject(new StemwrightError('output', 'read-only')) });
  store.getState().setOptions({ shifts: 5 });
  expect(store.getState().settings.lastOptions.shifts).toBe(5);
  await vi.waitFor(() => { expect(store.getState().settings.lastOptions.shifts).toBe(0); });
  expect(store.getState().notices).toMatchObject([{ text: 'read-only.' }]);
});

it.each([
  [{ start: -5, span: 10 }, { start: 0, span: 10 }],
  [{ start: 95, span: 10 }, { start: 90, span: 10 }],
  [{ start: 0, span: 500 }, { start: 0, span: 100 }],
  [{ start: 50, span: 0 }, { start: 50, span: 0.05 }],
])('the window %j of 100 s is held at %j', (window, inside) => {
  expect(held(window, 100)).toEqual(inside);
});
