import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fakeNative } from '../engine/testing.ts';
import { ProjectEdits } from './project-edits.ts';
import { ProjectLibrary } from './projects.ts';
import { writeProject } from './testing-studio.ts';

const edits = new ProjectEdits(fakeNative());
let folder: string;
let library: ProjectLibrary;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-projects-'));
  library = new ProjectLibrary(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const stranger = '7d9f2c1e-0000-4000-8000-000000000000';

it('a project is a folder with tracks, peaks and what made them', async () => {
  const id = await writeProject(folder, 'Song');
  expect(await readdir(folder)).toEqual(['Song']);
  expect(await readdir(join(folder, 'Song'), { recursive: true })).toHaveLength(11);
  const project = await library.open(id, edits);
  expect(project).toMatchObject({ id, title: 'Song', stems: ['drums', 'lead vocals'], frames: 1000, missing: [], sourceMissing: true, model: 'house' });
  expect(project.tracks.map(({ samples }) => samples)).toEqual([
    `tracks/project/${id}/original.f32`,
    `tracks/project/${id}/stems/drums.f32`,
    `tracks/project/${id}/stems/lead%20vocals.f32`,
    `tracks/project/${id}/residual.f32`,
  ]);
  expect(project.bytes).toBe(4 * (8000 + 4));
});

it('a report from before group norm was a choice says what it was', async () => {
  const id = await writeProject(folder, 'Song');
  const path = join(folder, 'Song', 'separation.json');
  const { groupNorm, ...before } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, JSON.stringify(before));
  expect((await library.open(id, edits)).report.groupNorm).toBe(groupNorm);
});

it('the library is what lies in its folder, whatever else lies there', async () => {
  expect(await library.list()).toEqual({ projects: [], damaged: [] });
  const ids = [await writeProject(folder, 'Song'), await writeProject(folder, 'Song')];
  await mkdir(join(folder, '.stemwright-abc'));
  await mkdir(join(folder, 'holiday pictures'));
  await mkdir(join(folder, 'newer'));
  await writeFile(join(folder, 'newer', 'project.json'), '{"version": 2}');
  await writeFile(join(folder, 'a file'), '');
  const { projects, damaged } = await library.list();
  expect(projects.map(({ id }) => id).sort()).toEqual(ids.sort());
  expect(damaged.map(({ message }) => message)).toEqual(['project.json is missing', 'project.json is damaged, or from a newer version']);
});

it('missing tracks are said', async () => {
  const id = await writeProject(folder, 'Song');
  await rm(join(folder, 'Song', 'stems', 'drums.f32'));
  expect((await library.open(id, edits)).missing).toEqual([join('stems', 'drums.f32')]);
});

it('a new title keeps folder and id', async () => {
  const id = await writeProject(folder, 'Song');
  await library.rename(id, 'Another');
  expect((await new ProjectLibrary(folder).open(id, edits)).title).toBe('Another');
  expect(await readdir(folder)).toEqual(['Song']);
});

it('it is found where somebody has moved it', async () => {
  const id = await writeProject(folder, 'Song');
  await library.open(id, edits);
  await rename(join(folder, 'Song'), join(folder, 'Elsewhere'));
  expect((await library.open(id, edits)).folder).toBe(join(folder, 'Elsewhere'));
});

it('only its own tracks have paths', async () => {
  const id = await writeProject(folder, 'Song');
  const path = await library.trackPath(id, { kind: 'stem', name: 'drums' }, 'peaks');
  expect(await readFile(path ?? '', 'utf8')).toBe('SWPK');
  for (const name of ['bass', '../project', '../../Song/stems/drums', '']) {
    expect(await library.trackPath(id, { kind: 'stem', name }, 'f32')).toBeNull();
  }
});

it('deleting hands the folder to the trash, and an unknown id touches nothing', async () => {
  const id = await writeProject(folder, 'Song');
  const trashed: string[] = [];
  const trash = (path: string) => rm(path, { recursive: true }).then(() => void trashed.push(path));
  await expect(library.delete(stranger, trash)).rejects.toMatchObject({ code: 'usage' });
  await expect(library.rename(stranger, 'x')).rejects.toMatchObject({ code: 'usage' });
  expect(trashed).toEqual([]);
  await library.delete(id, trash);
  expect(trashed).toEqual([join(folder, 'Song')]);
  await expect(library.open(id, edits)).rejects.toMatchObject({ code: 'usage' });
});

it('a mix is kept, the last one that was saved', async () => {
  const id = await writeProject(folder, 'Song');
  expect((await library.open(id, edits)).mix).toBeNull();
  const mix = (gainDb: number | null) => ({ strips: { drums: { gainDb, pan: -1, isMuted: true, isSolo: false } }, loop: null, isLooping: false, markers: [{ id: 'm', seconds: 0.01, label: '' }], timePitch: { semitones: -1, speed: 0.5 } });
  await Promise.all([library.saveMix(id, mix(-3)), library.saveMix(id, mix(-6)), library.saveMix(id, mix(null))]);
  expect((await new ProjectLibrary(folder).open(id, edits)).mix).toEqual(mix(null));
});

it('a mix that is damaged costs the mix only', async () => {
  const id = await writeProject(folder, 'Song');
  await writeFile(join(folder, 'Song', 'mix.json'), '{"version":1}');
  expect(await library.open(id, edits)).toMatchObject({ title: 'Song', mix: null });
});

it('a song that lies elsewhere now is not missing; nor is one that was uploaded', async () => {
  const id = await writeProject(folder, 'Song');
  const song = join(folder, 'song.wav');
  await writeFile(song, '');
  expect((await library.open(id, edits)).sourceMissing).toBe(true);
  await library.relocate(id, song);
  expect(await library.open(id, edits)).toMatchObject({ sourcePath: song, sourceMissing: false });
  const uploaded = await writeProject(folder, 'Uploaded', { sourcePath: null });
  expect(await library.open(uploaded, edits)).toMatchObject({ sourcePath: null, sourceMissing: false });
});

it('changes of a project that are asked for at once are all kept', async () => {
  const id = await writeProject(folder, 'Song');
  await Promise.all([library.rename(id, 'Another'), library.relocate(id, '/music/there.wav')]);
  expect(await library.open(id, edits)).toMatchObject({ title: 'Another', sourcePath: '/music/there.wav' });
});
