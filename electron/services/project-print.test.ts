import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { requests, type Args, type Channel, type Result, type Task } from '../contract/channels.ts';
import { reverb } from './testing-responses.ts';
import { openTestStudio, type TestStudio } from './testing-studio.ts';

const strip = { gain: 1, pan: 0, isMuted: false, isSolo: false };
const gain = { kind: 'gain', isBypassed: false, gainDb: -6.0206 } as const;
const track = { kind: 'stem', name: 'drums' } as const;
let test: TestStudio;
let id: string;
let folder: string;

beforeEach(async () => {
  test = await openTestStudio();
  id = await test.addProject();
  ({ folder } = await ask('projects.open', { id }));
  await ask('monitor.open', { device: 'none', rate: null, blockFrames: null, inputs: 0 });
  await ask('monitor.load', { project: id, tracks: [{ ...track, strip }], position: 0 });
});

afterEach(() => test.close());

async function ask<C extends Channel>(channel: C, args: Args<C>): Promise<Result<C>> {
  const answer = await test.studio.answer(channel, args);
  if (!answer.ok) {
    throw Object.assign(new Error(answer.message), answer);
  }
  return requests[channel].result.parse(answer.value) as Result<C>;
}

async function finished(task: string): Promise<Task> {
  return vi.waitFor(async () => {
    const found = (await ask('tasks.list', null)).find((one) => one.id === task);
    if (found === undefined || found.state === 'running') {
      throw new Error('it still runs');
    }
    return found;
  });
}

it('a track is printed through its effects to one of its own, which can be played, saved and taken back', async () => {
  await ask('monitor.setEffect', { place: { strip: 0, slot: 1 }, effect: gain });
  await ask('monitor.setEffect', { place: { strip: 0, slot: 2 }, effect: { ...gain, isBypassed: true } });
  expect(await finished((await ask('projects.print', { id, source: track, name: ' Soft drums ' })).task)).toMatchObject({ kind: 'print', state: 'done' });
  const project = await ask('projects.open', { id });
  expect(project.tracks.map(({ kind, name }) => [kind, name])).toEqual([['original', 'original'], ['stem', 'drums'], ['stem', 'lead vocals'], ['print', 'Soft drums'], ['residual', 'residual']]);
  expect(project.stems).toEqual(['drums', 'lead vocals']);
  const [dry, wet] = await Promise.all(['stems/drums.f32', 'prints/Soft drums.f32'].map((name) => readFile(join(folder, name))));
  expect(wet?.readFloatLE(400)).toBeCloseTo((dry?.readFloatLE(400) ?? 0) / 2, 5);
  const printed = project.tracks[3];
  expect(await test.studio.content((printed?.peaks ?? '').split('/').map(decodeURIComponent))).toMatchObject({ path: join(folder, 'prints/Soft drums.peaks') });
  expect((await ask('monitor.load', { project: id, tracks: [{ kind: 'print', name: 'Soft drums', strip }], position: 0 })).effects).toEqual([]);

  expect((await ask('projects.removePrint', { id, name: 'Soft drums' })).tracks).toHaveLength(4);
  expect(await readdir(join(folder, 'prints'))).toEqual([]);
  expect(await readFile(join(folder, 'project.json'), 'utf8')).not.toContain('prints');
});

it.each([
  ['Drums', 'has a track'],
  ['residual', 'has a track'],
  ['../out', ''],
  ['a/b', ''],
  ['.hidden', ''],
])('a print is not named %s', async (name, message) => {
  await ask('monitor.setEffect', { place: { strip: 0, slot: 0 }, effect: gain });
  await expect(ask('projects.print', { id, source: track, name })).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(message) as string });
});

it('nothing to print, and a response that is missing, are said; nothing is left behind', async () => {
  expect((await finished((await ask('projects.print', { id, source: track, name: 'Wet' })).task)).fault).toMatchObject({ code: 'usage', message: expect.stringContaining('no effect') as string });
  // As if the file had gone after it was put there.
  const file = join(folder, 'effects.json');
  const effect = { ...reverb, response: { path: '/music/none.wav' } };
  await writeFile(file, JSON.stringify({ version: 1, chains: { 'stem/drums': [{ effect, file: null }] }, sends: {} }));
  expect((await finished((await ask('projects.print', { id, source: track, name: 'Wet' })).task)).fault).toMatchObject({ code: 'input', message: expect.stringContaining('none.wav') as string });
  await expect(access(join(folder, 'prints', 'Wet.f32'))).rejects.toThrow();
  expect((await ask('projects.open', { id })).tracks).toHaveLength(4);
});

const sixDb = { ...gain, gainDb: 6.0206 };
const mix = [{ ...track, gain: 0.5, pan: 0 }, { kind: 'stem', name: 'lead vocals', gain: 1, pan: 0 }] as const;

async function printed(source: Args<'projects.print'>['source'], name: string): Promise<Task> {
  return finished((await ask('projects.print', { id, source, name })).task);
}

/** A sample of each, over that of the drums. All stems are alike. */
async function levels(...names: string[]): Promise<number[]> {
  const samples = await Promise.all(['stems/drums', ...names.map((name) => `prints/${name}`)].map(async (name) => (await readFile(join(folder, `${name}.f32`))).readFloatLE(400)));
  return samples.slice(1).map((sample) => sample / (samples[0] ?? NaN));
}

/** As if parts of these stems had been done anew. */
async function noteEdits(...stems: string[][]): Promise<void> {
  const list = stems.map((names) => ({ id: randomUUID(), madeAt: '2026-11-26T12:00:00Z', start: 0, end: 100, stems: names, model: 'house', mode: 'full', isApplied: true }));
  await mkdir(join(folder, 'edits'), { recursive: true });
  await writeFile(join(folder, 'edits', 'edits.json'), JSON.stringify({ version: 1, list, settling: null }));
}

it('what the send bus makes of what it is sent, and the master of all, are printed with the gains they are heard at', async () => {
  expect((await printed({ kind: 'send', tracks: [...mix] }, 'Room')).fault).toMatchObject({ message: expect.stringContaining('no effect on the send') as string });
  await ask('monitor.setEffect', { place: { strip: 'send', slot: 0 }, effect: sixDb });
  expect((await printed({ kind: 'send', tracks: [...mix] }, 'Room')).fault).toMatchObject({ message: expect.stringContaining('is sent') as string });
  await ask('monitor.setSend', { strip: 0, gain: 0.25 });
  await ask('monitor.setEffect', { place: { strip: 'master', slot: 0 }, effect: gain });
  expect(await printed({ kind: 'send', tracks: [...mix] }, 'Room')).toMatchObject({ state: 'done' });
  expect(await printed({ kind: 'master', tracks: [...mix] }, 'All')).toMatchObject({ state: 'done' });
  // Drums at a half, of which a quarter is sent and doubled; and the vocals; all that halved.
  const [room, all] = await levels('Room', 'All');
  expect(room).toBeCloseTo(0.25, 4);
  expect(all).toBeCloseTo((0.5 + 0.25 + 1) / 2, 4);
  await expect(ask('projects.print', { id, source: { kind: 'master', tracks: [{ ...track, name: 'flute', gain: 1, pan: 0 }] }, name: 'More' })).rejects.toMatchObject({ code: 'usage' });
});

it('prints of what was done anew are old, and can be made again as they were made', async () => {
  await ask('monitor.setEffect', { place: { strip: 0, slot: 0 }, effect: gain });
  await ask('monitor.setEffect', { place: { strip: 'master', slot: 0 }, effect: gain });
  await printed(track, 'Soft drums');
  await printed({ kind: 'master', tracks: [{ ...track, gain: 1, pan: 0 }, { kind: 'print', name: 'Soft drums', gain: 1, pan: 0 }] }, 'Drums twice');
  await printed({ kind: 'master', tracks: [{ kind: 'stem', name: 'lead vocals', gain: 1, pan: 0 }] }, 'Voice');
  const stale = async (): Promise<string[]> => (await ask('projects.open', { id })).stalePrints;
  expect(await stale()).toEqual([]);
  await noteEdits(['lead vocals']);
  expect(await stale()).toEqual(['Voice']);
  await noteEdits(['drums']);
  expect(await stale()).toEqual(['Soft drums', 'Drums twice']);
  const drums = join(folder, 'stems/drums.f32');
  await writeFile(drums, Buffer.from(Float32Array.from({ length: 2000 }, () => 0.5).buffer));
  // Its effects are those of then.
  await ask('monitor.setEffect', { place: { strip: 0, slot: 0 }, effect: null });
  expect(await finished((await ask('projects.printAgain', { id, name: 'Soft drums' })).task)).toMatchObject({ kind: 'print', state: 'done' });
  const [soft] = await levels('Soft drums');
  expect(soft).toBeCloseTo(0.5, 4);
  expect(await stale()).toEqual(['Drums twice']);
  expect(await finished((await ask('projects.printAgain', { id, name: 'Drums twice' })).task)).toMatchObject({ state: 'done' });
  expect((await levels('Drums twice'))[0]).toBeCloseTo((0.5 + 0.5) / 2, 4);
  expect(await stale()).toEqual([]);
  await noteEdits();
  expect(await stale()).toEqual(['Soft drums', 'Drums twice']);

  await ask('projects.removePrint', { id, name: 'Soft drums' });
  await expect(ask('projects.printAgain', { id, name: 'Soft drums' })).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('no printed stem') as string });
  await expect(ask('projects.printAgain', { id, name: 'Drums twice' })).rejects.toMatchObject({ message: expect.stringContaining('no track "Soft drums"') as string });
});
