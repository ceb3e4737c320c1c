import { access, readdir, readFile, writeFile } from 'node:fs/promises';
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
  expect(await finished((await ask('projects.print', { id, track, name: ' Soft drums ' })).task)).toMatchObject({ kind: 'print', state: 'done' });
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
  await expect(ask('projects.print', { id, track, name })).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(message) as string });
});

it('nothing to print, and a response that is missing, are said; nothing is left behind', async () => {
  expect((await finished((await ask('projects.print', { id, track, name: 'Wet' })).task)).fault).toMatchObject({ code: 'usage', message: expect.stringContaining('no effect') as string });
  // As if the file had gone after it was put there.
  const file = join(folder, 'effects.json');
  const effect = { ...reverb, response: { path: '/music/none.wav' } };
  await writeFile(file, JSON.stringify({ version: 1, chains: { 'stem/drums': [{ effect, file: null }] }, sends: {} }));
  expect((await finished((await ask('projects.print', { id, track, name: 'Wet' })).task)).fault).toMatchObject({ code: 'input', message: expect.stringContaining('none.wav') as string });
  await expect(access(join(folder, 'prints', 'Wet.f32'))).rejects.toThrow();
  expect((await ask('projects.open', { id })).tracks).toHaveLength(4);
});
