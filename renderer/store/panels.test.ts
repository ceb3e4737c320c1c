import { beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings, StemwrightError, type Preset, type ProjectSummary, type QueueItem, type Task } from '../client/contract.ts';
import { costKeys, costVariants } from './cost-variants.ts';
import { exportNames, exportParts, exportProblem, knownPeak, patternProblem } from './export-parts.ts';
import { foundProjects } from './library.ts';
import { samePreset } from './presets.ts';
import type { StudioStore } from './state.ts';
import type { Strips } from './strips.ts';
import { createStudio } from './studio.ts';
import { FakeClient, FakePlayer } from './testing.ts';

const stems = ['drums', 'bass', 'other', 'vocals'];
const options = defaultSettings.lastOptions;
const strip = { isMuted: false, isSolo: false, db: 0, pan: 0 };
const strips: Strips = { original: { ...strip, isMuted: true }, drums: strip, bass: { ...strip, db: -6.0206, pan: -0.5 }, other: { ...strip, isMuted: true }, vocals: strip };
const report = { stems: stems.map((name) => ({ name, peakDb: name === 'drums' ? 0.8 : -3 })), model: { sources: stems } } as never;
const whole = { stems, report };

describe('what is exported', () => {
  it('stems are as they were separated, in the order of the lanes', () => {
    const parts = exportParts('stems', whole, ['drums', 'vocals'], strips);
    expect(parts).toEqual(['vocals', 'drums'].map((name) => ({ name, inputs: [{ stem: name, gain: 1, pan: 0 }] })));
  });

  it('the mix takes faders, pan and mute', () => {
    const [mix] = exportParts('mix', whole, [], strips);
    expect(mix?.inputs.map(({ stem }) => stem)).toEqual(['vocals', 'drums', 'bass']);
    expect(mix?.inputs[2]).toMatchObject({ pan: -0.5 });
    expect(mix?.inputs[2]?.gain).toBeCloseTo(0.5, 4);
  });

  it('the mix has the original in it where that is heard', () => {
    const [mix] = exportParts('mix', whole, [], { ...strips, original: { ...strip, isSolo: true } });
    expect(mix?.inputs.map(({ stem }) => stem)).toEqual(['original']);
  });

  it('a mix in which nothing is heard is refused', () => {
    const silent = Object.fromEntries(stems.map((name) => [name, { ...strip, isMuted: true }]));
    expect(exportProblem('mix', whole, [], silent)).toContain('Nothing can be heard');
  });

  it('an instrumental is all but the vocals, and needs them all', () => {
    expect(exportParts('instrumental', whole, [], strips)[0]?.inputs.map(({ stem }) => stem)).toEqual(['drums', 'bass', 'other']);
    expect(exportProblem('instrumental', { ...whole, stems: ['drums', 'vocals'] }, [], strips)).toContain('left out');
    expect(exportProblem('acappella', { ...whole, stems: ['drums'] }, [], strips)).toContain('no vocals');
    expect(exportProblem('acappella', { ...whole, stems: ['vocals'] }, [], strips)).toBeNull();
  });

  it('names cannot lead to another folder', () => {
    const parts = exportParts('stems', whole, ['vocals'], strips);
    expect(exportNames(parts, '{song} {stem}', 'a/b $& c', 'flac')).toEqual(['a_b $& c vocals.flac']);
  });

  it.each([['{stem}', null], ['{song}', 'Put {stem}'], ['a/{stem}', 'slash'], [`{stem}${'x'.repeat(100)}`, '100']])('the pattern %s: %s', (pattern, problem) => {
    if (problem === null) expect(patternProblem(pattern)).toBeNull();
    else expect(patternProblem(pattern)).toContain(problem);
  });

  it('a peak is known of single stems, and of no sum', () => {
    expect(knownPeak(exportParts('stems', whole, stems, strips), report)).toEqual({ name: 'drums', db: 0.8 });
    expect(knownPeak(exportParts('mix', whole, [], strips), report)).toBeNull();
  });
});

describe('the library', () => {
  const project = (title: string, createdAt: string, seconds: number, bytes: number): ProjectSummary => ({ ...{ id: title, title, createdAt, seconds, bytes, stems, model: 'house', sourcePath: null, sourceMissing: false, missing: [] } });
  const projects = [project('Kvällsljus', '2026-01-01', 100, 5), project('Track 10', '2026-03-01', 50, 9), project('Track 9', '2026-02-01', 200, 1)];
  const titles = (...args: [string, Parameters<typeof foundProjects>[2]]): string[] => foundProjects(projects, ...args).map(({ title }) => title);

  it('is found by words without regard to case and marks', () => {
    expect(titles('kvallsljus', 'newest')).toEqual(['Kvällsljus']);
    expect(titles('9 TRACK', 'newest')).toEqual(['Track 9']);
    expect(titles('nothing', 'newest')).toEqual([]);
  });

  it('is sorted', () => {
    expect(titles('', 'newest')).toEqual(['Track 10', 'Track 9', 'Kvällsljus']);
    expect(titles('', 'title')).toEqual(['Kvällsljus', 'Track 9', 'Track 10']);
    expect(titles('', 'length')[0]).toBe('Track 9');
    expect(titles('', 'size')[0]).toBe('Track 10');
  });
});

it('every choice that is compared differs from what is chosen', () => {
  for (const chosen of [options, { ...options, mode: 'time-only' as const, overlap: 0.5, shifts: 5, segmentSeconds: 8 }]) {
    const variants = costVariants(chosen);
    expect(variants.now).toEqual(chosen);
    for (const key of costKeys.filter((each) => each !== 'now')) expect(variants[key]).not.toEqual(chosen);
  }
});

it('a preset is the current one when all that it keeps is so', () => {
  const preset: Preset = { name: 'Mine', options, format: null, folder: null };
  expect(samePreset(preset, defaultSettings)).toBe(true);
  expect(samePreset(preset, { ...defaultSettings, exportFormat: 'flac' })).toBe(false);
  expect(samePreset(preset, { ...defaultSettings, lastOptions: { ...options, stems: ['vocals'] } })).toBe(false);
});

const id = '11111111-1111-4111-8111-111111111111';
const item: QueueItem = { ...{ id, path: '/music/a.flac', title: 'a', addedAt: '', options, redo: null, state: 'waiting', fault: null, project: null, warnings: [] } };

let client: FakeClient;
let store: StudioStore;

function start(extra: Record<string, (args: never) => unknown> = {}): void {
  client = new FakeClient({ 'queue.cancel': () => null, 'queue.retry': () => null, 'queue.remove': () => null, ...extra });
  store = createStudio(client, new FakePlayer());
  store.setState({ items: [item] });
}
const asked = (): string[] => client.asked.map(([channel]) => channel).filter((channel) => !channel.startsWith('queue.plan'));

beforeEach(() => {
  start();
});

describe('removing a song from the queue', () => {
  it('stops it, hides it and lets it be brought back', async () => {
    store.getState().removeItem(id);
    expect(store.getState().removing).toEqual([id]);
    expect(asked()).toEqual(['queue.cancel']);
    store.getState().dismiss(store.getState().notices[0]?.id ?? -1, true);
    await vi.waitFor(() => { expect(asked()).toEqual(['queue.cancel', 'queue.retry']); });
    expect(store.getState().removing).toEqual([]);
  });

  it('is done when the notice goes', async () => {
    store.getState().removeItem(id);
    store.getState().dismiss(store.getState().notices[0]?.id ?? -1);
    await vi.waitFor(() => { expect(asked()).toEqual(['queue.cancel', 'queue.remove']); });
  });

  it('is done too when newer notices push it out', async () => {
    store.getState().removeItem(id);
    for (let times = 0; times < 3; times++) store.getState().notify('ok', 'more');
    await vi.waitFor(() => { expect(asked()).toContain('queue.remove'); });
    expect(store.getState().notices).toHaveLength(3);
  });
});

describe('a preset', () => {
  const preset: Preset = { name: 'Mine', options, format: 'flac', folder: '/out' };

  it('that was removed comes back with Undo', async () => {
    start({ 'presets.remove': () => null, 'presets.save': () => null });
    store.setState({ presets: [preset] });
    store.getState().removePreset('Mine');
    await vi.waitFor(() => { expect(store.getState().notices).toHaveLength(1); });
    store.getState().dismiss(store.getState().notices[0]?.id ?? -1, true);
    await vi.waitFor(() => { expect(client.asked.at(-1)).toEqual(['presets.save', preset]); });
  });

  it('sets what it keeps, and nothing else', async () => {
    start({ 'settings.set': () => null, 'queue.plan': () => Promise.reject(new StemwrightError('input', 'x')) });
    store.setState({ presets: [preset] });
    store.getState().choosePreset('Mine');
    await vi.waitFor(() => { expect(client.asked).toContainEqual(['settings.set', { lastOptions: options, exportFormat: 'flac', exportFolder: '/out' }]); });
  });
});

describe('the end of an export', () => {
  const task: Task = { ...{ id, kind: 'export', subject: 'Night Ferry', state: 'done', fraction: 1, detail: '', fault: null, folder: '/out/Night Ferry', download: null } };

  it('is told with a way to the folder', async () => {
    start({ 'tasks.reveal': () => null });
    client.tell('task', task);
    expect(store.getState().notices[0]).toMatchObject({ text: 'Night Ferry is exported.', action: { label: 'Open folder' } });
    store.getState().dismiss(store.getState().notices[0]?.id ?? -1, true);
    await vi.waitFor(() => { expect(asked()).toEqual(['tasks.reveal']); });
  });

  it('is told by the dialog alone while that is open', () => {
    store.getState().setDialog('export');
    client.tell('task', task);
    expect(store.getState().notices).toEqual([]);
  });

  it('that failed says what happened', () => {
    client.tell('task', { ...task, state: 'failed', fault: { code: 'no-room', message: '/out: no room left', hint: 'with --out' } });
    expect(store.getState().notices[0]).toMatchObject({ tone: 'bad', text: '/out: no room left.' });
  });
});

it('columns fold when the window becomes narrow, and one at a time lies over the centre', () => {
  const { setNarrow, toggleRail, toggleInspector } = store.getState();
  setNarrow(true);
  expect(store.getState()).toMatchObject({ isRailOpen: false, isInspectorOpen: false });
  toggleRail();
  toggleInspector();
  expect(store.getState()).toMatchObject({ isRailOpen: false, isInspectorOpen: true });
  setNarrow(false);
  expect(store.getState()).toMatchObject({ isRailOpen: true, isInspectorOpen: true });
});
