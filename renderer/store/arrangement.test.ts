import { beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings, type Project, type QueueItem } from '../client/contract.ts';
import type { StudioStore } from './state.ts';
import { createStudio } from './studio.ts';
import { FakeClient, FakePlayer } from './testing.ts';

const id = '22222222-2222-4222-8222-222222222222';
const redoItem = '33333333-3333-4333-8333-333333333333';
const track = (kind: 'original' | 'stem' | 'residual', name: string) => ({ kind, name, samples: `${name}.f32`, peaks: `${name}.peaks`, spectrum: `${name}.spectrum` });
const edits = (canUndo: boolean, canReapply: boolean) => ({ canUndo, canReapply, list: [] });

function project(change: Partial<Project> = {}): Project {
  const report = {
    ...{ version: 1, input: { path: '/a.flac', rate: 44_100, channels: 2, samples: 4_410_000, tags: {} }, model: { id: 'house', sha256: '', sources: ['vocals', 'drums'] } },
    ...{ mode: 'full', backend: 'cpu', device: '', precision: 'fp32', groupNorm: 'welford', threads: 2, segmentSeconds: 8, overlap: 0.25, shifts: 0, exactSum: false, stems: [], nullDepthDb: -30 },
    ...{ audioSeconds: 100, seconds: 50, loadSeconds: 0, realtimeFactor: 2, peakRssBytes: 0, warnings: [] },
  } as const satisfies Omit<Project['report'], 'stems' | 'warnings'> & { stems: readonly []; warnings: readonly [] };
  return {
    ...{ id, title: 'a', createdAt: '', seconds: 100, stems: ['vocals', 'drums'], model: 'house', bytes: 0, sourcePath: null, sourceMissing: false, missing: [] },
    ...{ folder: '/p', rate: 44_100, channels: 2, frames: 4_410_000, report: { ...report, stems: [], warnings: [] }, mix: null, edits: edits(false, false), stalePrints: [] },
    tracks: [track('original', 'original'), track('stem', 'vocals'), track('stem', 'drums'), track('residual', 'residual')],
    ...change,
  };
}

/** Of a track without a frame: "SWPK", version 2, one channel, 256 frames a peak, no levels. */
const noPeaks = new Uint32Array([0x4b50_5753, 2, 1, 256, 0, 0, 0, 0]).buffer;

let answer: Project;
let client: FakeClient;
let player: FakePlayer;
let store: StudioStore;
const state = () => store.getState();
const saved = () => client.asked.filter(([channel]) => channel === 'projects.saveMix').map(([, args]) => args);

beforeEach(async () => {
  vi.useFakeTimers();
  answer = project();
  client = new FakeClient({
    'projects.open': () => answer,
    'projects.saveMix': () => null,
    'projects.undo': () => (answer = project({ edits: edits(false, true) })),
    'projects.reapply': () => (answer = project({ edits: edits(true, false) })),
    'projects.redo': () => ({ id: redoItem }),
    'queue.start': () => null,
    'queue.plan': () => Promise.reject(new Error('no plan')),
  });
  client.read = () => Promise.resolve(noPeaks);
  player = new FakePlayer();
  store = createStudio(client, player);
  await state().showProject(id);
  return () => {
    vi.useRealTimers();
  };
});

describe('a project', () => {
  it('has the original first and the residual last, both muted', () => {
    expect(state().song?.lanes.map(({ name }) => name)).toEqual(['original', 'vocals', 'drums', 'residual']);
    expect([...player.tracks].filter(([, [gain]]) => gain === 0).map(([name]) => name)).toEqual(['original', 'residual']);
  });

  it('keeps its mix once the hand rests, and brings it back', async () => {
    state().setStrip('drums', { db: -6 });
    state().setStrip('drums', { db: -Infinity });
    state().setStrip('vocals', { pan: -0.5 });
    player.at = 12;
    state().addMarker();
    state().setTimePitch({ semitones: -2 });
    state().setTimePitch({ speed: 0.75 });
    expect(saved()).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(saved()).toHaveLength(1);
    expect(saved()[0]).toMatchObject({ id, mix: { strips: { drums: { gainDb: null }, vocals: { pan: -0.5 } }, markers: [{ seconds: 12, label: 'Marker 1' }], timePitch: { semitones: -2, speed: 0.75 } } });

    answer = project({ mix: (saved()[0] as { mix: NonNullable<Project['mix']> }).mix });
    state().showNothing();
    expect([state().timePitch, player.timePitch]).toEqual([{ semitones: 0, speed: 1 }, { semitones: 0, speed: 1 }]);
    await state().showProject(id);
    expect(player.timePitch).toEqual({ semitones: -2, speed: 0.75 });
    expect(state()).toMatchObject({ timePitch: { semitones: -2, speed: 0.75 }, strips: { drums: { db: -Infinity }, vocals: { pan: -0.5 } }, markers: [{ label: 'Marker 1' }] });
    expect(player.tracks.get('drums')?.[0]).toBe(0);
  });

  it('keeps what was changed last when another is shown at once', () => {
    state().setStrip('drums', { isMuted: true });
    state().showNothing();
    expect(saved()).toHaveLength(1);
  });
});

describe('what is taken back', () => {
  it('is one step for a drag, another for another fader, and none is left after', async () => {
    for (const db of [-1, -2, -3]) state().setStrip('drums', { db });
    state().setStrip('vocals', { db: -9 });
    await state().undo();
    expect(state().strips).toMatchObject({ drums: { db: -3 }, vocals: { db: 0 } });
    await state().undo();
    expect(state()).toMatchObject({ strips: { drums: { db: 0 } }, canUndo: false, canReapply: true });
    await state().reapply();
    expect(state().strips.drums?.db).toBe(-3);
    expect(player.tracks.get('drums')?.[0]).toBeCloseTo(10 ** (-3 / 20));
  });

  it('brings a deleted marker back, with its name', async () => {
    const marker = state().addMarker() ?? '';
    state().nameMarker(marker, '  Chorus ');
    state().deleteMarker(marker);
    expect(state().markers).toEqual([]);
    await state().undo();
    expect(state().markers).toMatchObject([{ label: 'Chorus' }]);
  });

  it('moves markers into their order, and none out of the song', () => {
    const first = state().addMarker() ?? '';
    player.at = 50;
    state().addMarker();
    state().moveMarker(first, 500);
    expect(state().markers.map(({ seconds }) => seconds)).toEqual([50, 100]);
  });

  it('takes regions and edits of the mix in the order in which they happened', async () => {
    state().setStrip('drums', { db: -3 });
    answer = project({ edits: edits(true, false) });
    state().refresh(answer);
    state().noteRegion();
    state().setStrip('drums', { db: -5 });
    const asked = () => client.asked.map(([channel]) => channel).filter((channel) => channel === 'projects.undo' || channel === 'projects.reapply');
    await state().undo();
    expect([state().strips.drums?.db, asked()]).toEqual([-3, []]);
    await state().undo();
    expect([state().strips.drums?.db, asked()]).toEqual([-3, ['projects.undo']]);
    await state().undo();
    expect(state().strips.drums?.db).toBe(0);
    await state().reapply();
    await state().reapply();
    expect([state().strips.drums?.db, asked()]).toEqual([-3, ['projects.undo', 'projects.reapply']]);
  });

  it('reaches regions that were redone before the project was opened', async () => {
    answer = project({ edits: edits(true, false) });
    state().showNothing();
    await state().showProject(id);
    expect(state().canUndo).toBe(true);
    await state().undo();
    expect(state()).toMatchObject({ canUndo: false, canReapply: true });
  });
});

describe('a region', () => {
  it('needs a loop first', () => {
    state().openRegion();
    expect(state().isRegionOpen).toBe(false);
    expect(state().notices).toHaveLength(1);
  });

  it('is redone in frames, and shown when it is done, where the playhead is', async () => {
    state().setLoop(10, 20);
    state().openRegion();
    expect(state().isRegionOpen).toBe(true);
    state().redoRegion({ options: { ...defaultSettings.lastOptions, shifts: 5 }, stems: ['drums'] });
    await vi.waitFor(() => { expect(client.asked).toContainEqual(['queue.start', null]); });
    expect(client.asked.find(([channel]) => channel === 'projects.redo')?.[1]).toMatchObject({ id, start: 441_000, end: 882_000, stems: ['drums'] });

    const redo = { project: id, start: 441_000, end: 882_000, stems: ['drums'] };
    const item: QueueItem = { id: redoItem, path: '/a.flac', title: 'a', addedAt: '', options: { ...defaultSettings.lastOptions, shifts: 5 }, redo, state: 'running', fault: null, project: null, warnings: [] };
    client.tell('queue', { active: true, items: [item] });
    player.at = 15;
    answer = project({ edits: edits(true, false) });
    client.tell('queue', { active: true, items: [{ ...item, state: 'done', project: id }] });
    await vi.waitFor(() => { expect(state().notices.at(-1)?.text).toBe('0:10.0 to 0:20.0 was done anew with 5 shifts.'); });
    expect(state()).toMatchObject({ canUndo: true, loop: [10, 20], finished: { edits: { canUndo: true } } });
    expect(state().position()).toBe(15);
  });
});
