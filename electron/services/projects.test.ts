import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ProjectLibrary } from './projects.ts';
import { writeProject } from './testing-studio.ts';

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
  const project = await library.open(id);
  expect(project).toMatchObject({ id, title: 'Song', stems: ['drums', 'lead vocals'], frames: 1000, missing: [], sourceMissing: true, model: 'house' });
  expect(project.tracks.map(({ samples }) => samples)).toEqual([
    `tracks/project/${id}/original.f32`,
    `tracks/project/${id}/stems/drums.f32`,
    `tracks/project/${id}/stems/lead%20vocals.f32`,
    `tracks/project/${id}/residual.f32`,
  ]);
  expect(project.bytes).toBe(4 * (8000 + 4));
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
  expect((await library.open(id)).missing).toEqual([join('stems', 'drums.f32')]);
});

it('a new title keeps folder and id', async () => {
  const id = await writeProject(folder, 'Song');
  await library.rename(id, 'Another');
  expect((await new ProjectLibrary(folder).open(id)).title).toBe('Another');
  expect(await readdir(folder)).toEqual(['Song']);
});

it('it is found where somebody has moved it', async () => {
  const id = await writeProject(folder, 'Song');
  await library.open(id);
  await rename(join(folder, 'Song'), join(folder, 'Elsewhere'));
  expect((await library.open(id)).folder).toBe(join(folder, 'Elsewhere'));
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
  await expect(library.open(id)).rejects.toMatchObject({ code: 'usage' });
});
