import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fakeNative } from '../engine/testing.ts';
import type { ProjectFolder } from './project-folder.ts';
import { ProjectRhythms } from './project-rhythm.ts';
import { ProjectLibrary } from './projects.ts';
import { writeProject } from './testing-studio.ts';

let folder: string;
let project: ProjectFolder;
let searches: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-rhythm-'));
  project = await new ProjectLibrary(folder).find(await writeProject(folder, 'Song'));
  // Two seconds long, as far as it says.
  project.file.frames = 2 * project.file.rate;
  searches = 0;
});

afterEach(() => rm(folder, { recursive: true }));

function rhythms(bpm = 120): ProjectRhythms {
  const native = fakeNative();
  return new ProjectRhythms({
    ...native,
    findRhythm: async (spec) => {
      searches++;
      return { ...(await native.findRhythm(spec)), bpm };
    },
  });
}

it('is found once, and kept with the project', async () => {
  const both = rhythms();
  const [first, second] = await Promise.all([both.get(project), both.get(project)]);
  expect(first).toEqual({ tempo: { bpm: 120, confidence: 0.5 }, beats: [0.25, 0.75, 1.25, 1.75], key: { tonic: 2, isMinor: false, confidence: 0.1 }, isCorrected: false });
  expect(second).toEqual(first);
  expect(await rhythms().get(project)).toEqual(first);
  expect(searches).toBe(1);
});

it('is doubled, halved, tapped, named and set back, and what was corrected stays', async () => {
  const all = rhythms();
  expect(await all.correct(project, { kind: 'double' })).toMatchObject({ tempo: { bpm: 240, confidence: 1 }, beats: [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75], isCorrected: true });
  expect(await all.correct(project, { kind: 'halve' })).toMatchObject({ tempo: { bpm: 120 }, beats: [0.25, 0.75, 1.25, 1.75] });
  expect(await all.correct(project, { kind: 'halve' })).toMatchObject({ tempo: { bpm: 60 }, beats: [0.25, 1.25] });
  expect(await all.correct(project, { kind: 'tap', bpm: 120, offsetSeconds: 1.1 })).toMatchObject({ tempo: { bpm: 120 }, beats: [0.1, 0.6, 1.1, 1.6].map((beat) => expect.closeTo(beat, 6) as number) });
  await all.correct(project, { kind: 'key', key: { tonic: 9, isMinor: true } });
  expect(await rhythms().get(project)).toMatchObject({ tempo: { bpm: 120 }, key: { tonic: 9, isMinor: true, confidence: 1 } });
  expect(await all.correct(project, { kind: 'reset' })).toMatchObject({ tempo: { confidence: 0.5 }, key: { tonic: 2 }, isCorrected: false });
});

it('a song without a tempo takes a tapped one alone', async () => {
  const none = rhythms(0);
  expect((await none.get(project)).tempo).toBeNull();
  await expect(none.correct(project, { kind: 'double' })).rejects.toMatchObject({ code: 'usage' });
  expect((await none.correct(project, { kind: 'tap', bpm: 90, offsetSeconds: 0 })).tempo?.bpm).toBe(90);
  await none.correct(project, { kind: 'halve' });
  await none.correct(project, { kind: 'halve' });
  await expect(none.correct(project, { kind: 'halve' })).rejects.toMatchObject({ code: 'usage', message: '11.3 beats a minute is no tempo' });
});

it('a damaged file is put aside, and the song searched again', async () => {
  await rhythms().get(project);
  await writeFile(join(project.folder, 'rhythm.json'), '{');
  await rhythms().get(project);
  expect(searches).toBe(2);
  expect(await readFile(join(project.folder, 'rhythm.json.damaged'), 'utf8')).toBe('{');
});
