import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NativeModule, RangeReplacement } from '../engine/native.ts';
import { fakeNative } from '../engine/testing.ts';
import { JobFolder } from './job-folder.ts';
import { ProjectEdits } from './project-edits.ts';
import { readProject, type ProjectFolder } from './project-folder.ts';
import { writeProject } from './testing-studio.ts';

const [start, end] = [300, 600];
const stems = ['drums', 'lead vocals'];
const edit = { start, end, model: 'house', mode: 'full' as const };
let folder: string;
let project: ProjectFolder;
let scratch: JobFolder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-edits-'));
  await writeProject(folder, 'Song');
  project = (await readProject(join(folder, 'Song'))) as ProjectFolder;
  scratch = await JobFolder.create(folder);
});
afterEach(async () => {
  await scratch.remove();
  await rm(folder, { recursive: true });
});

/** Everything that can be heard, and what is said of it; what is kept for taking back left aside. */
async function heard(): Promise<unknown> {
  const names = ['stems/drums.f32', 'stems/lead vocals.f32', 'residual.f32'];
  const digests = await Promise.all(names.map(async (name) => createHash('sha256').update(await readFile(join(project.folder, name))).digest('hex')));
  return [digests, ((await readProject(project.folder)) as ProjectFolder).report];
}

const applied = async () => (await new ProjectEdits(fakeNative()).state(project)).list.map(({ isApplied }) => isApplied);

/** Patches that hold one value, a few frames longer than the range on both sides. */
async function patches(value: number) {
  return Promise.all(
    stems.map(async (stem, index) => {
      const path = scratch.file(`patch-${index}-${value}.f32`);
      await writeFile(path, Buffer.from(new Float32Array(2 * (end - start + 10)).fill(value).buffer));
      return { stem, path, start: 5 };
    }),
  );
}

async function apply(native: NativeModule, value: number): Promise<void> {
  await new ProjectEdits(native).apply(project, { ...edit, id: randomUUID() }, await patches(value), scratch);
}

async function samples(name: string): Promise<Float32Array> {
  const bytes = await readFile(join(project.folder, name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

it('an edit changes its range alone, and residual and report with it', async () => {
  const before = await samples('stems/drums.f32');
  await apply(fakeNative(), 0.5);
  const after = await samples('stems/drums.f32');
  expect(after.subarray(0, 2 * start)).toEqual(before.subarray(0, 2 * start));
  expect(after.subarray(2 * end)).toEqual(before.subarray(2 * end));
  expect(after.subarray(2 * start, 2 * end).every((value) => value === 0.5)).toBe(true);
  const [original, residual] = [await samples('original.f32'), await samples('residual.f32')];
  expect(residual[2 * start]).toBeCloseTo((original[2 * start] ?? 0) - 1, 6);
  const { report } = (await readProject(project.folder)) as ProjectFolder;
  expect(report.nullDepthDb).not.toBe(project.report.nullDepthDb);
  expect(await new ProjectEdits(fakeNative()).state(project)).toMatchObject({ canUndo: true, canReapply: false, list: [{ start, end, stems, model: 'house', isApplied: true }] });
});

it('edits are taken back and brought back one by one, to the bit', async () => {
  const edits = new ProjectEdits(fakeNative());
  const states = [await heard()];
  for (const value of [0.25, 0.5]) {
    await apply(fakeNative(), value);
    states.push(await heard());
  }
  const [none, one, two] = states;
  await edits.undo(project);
  expect(await heard()).toEqual(one);
  await edits.undo(project);
  expect(await heard()).toEqual(none);
  expect(await edits.state(project)).toMatchObject({ canUndo: false, canReapply: true });
  await expect(edits.undo(project)).rejects.toMatchObject({ code: 'usage' });
  await edits.reapply(project);
  await edits.reapply(project);
  expect(await heard()).toEqual(two);
  expect(await applied()).toEqual([true, true]);
  await expect(edits.reapply(project)).rejects.toMatchObject({ code: 'usage' });
});

it('a new edit takes the place of those that were taken back, and their samples go', async () => {
  const edits = new ProjectEdits(fakeNative());
  await apply(fakeNative(), 0.25);
  await edits.undo(project);
  await apply(fakeNative(), 0.5);
  const { list } = await edits.state(project);
  expect(list).toHaveLength(1);
  expect(await readdir(join(project.folder, 'edits'))).toEqual(expect.arrayContaining([list[0]?.id, 'edits.json']));
  expect(await readdir(join(project.folder, 'edits'))).toHaveLength(2);
});

/** An engine whose process ends in the nth replacement: never to return, and before, amid or after the track was touched. */
function dying(nth: number, moment: 'keeping' | 'writing' | 'written'): { native: NativeModule; dead: Promise<void> } {
  const sane = fakeNative();
  let count = 0;
  let die = (): void => undefined;
  const dead = new Promise<void>((resolve) => (die = resolve));
  const replaceRange = async (spec: RangeReplacement): Promise<void> => {
    if (++count < nth) {
      await sane.replaceRange(spec);
      return;
    }
    const before = await readFile(spec.track);
    await sane.replaceRange(spec);
    if (moment === 'keeping') {
      await writeFile(spec.track, before);
      await truncate(spec.keep, 100);
    } else if (moment === 'writing') {
      const half = (spec.start + spec.end) * spec.channels * 2;
      await writeFile(spec.track, Buffer.concat([(await readFile(spec.track)).subarray(0, half), before.subarray(half)]));
    }
    die();
    await new Promise(() => undefined);
  };
  return { native: { ...sane, replaceRange }, dead };
}

describe.each(['keeping', 'writing', 'written'] as const)('a process that ends while %s', (moment) => {
  it.each([1, 2, 3])('track %i of a new edit leaves the old state', async (nth) => {
    await apply(fakeNative(), 0.25);
    const before = await heard();
    const { native, dead } = dying(nth, moment);
    void apply(native, 0.5);
    await dead;
    const next = new ProjectEdits(fakeNative());
    await next.recover(project);
    expect(await heard()).toEqual(before);
    expect(await readdir(join(project.folder, 'edits'))).toHaveLength(2);
    await next.undo(project);
    expect(await next.state(project)).toMatchObject({ canUndo: false, canReapply: true });
  });

  it.each([1, 2, 3])('track %i of an undo leaves the state it was on the way to', async (nth) => {
    const none = await heard();
    await apply(fakeNative(), 0.25);
    const one = await heard();
    const { native, dead } = dying(nth, moment);
    void new ProjectEdits(native).undo(project);
    await dead;
    const next = new ProjectEdits(fakeNative());
    await next.recover(project);
    expect(await heard()).toEqual(none);
    expect(await applied()).toEqual([false]);
    await next.reapply(project);
    expect(await heard()).toEqual(one);
  });
});

it('an edit that fails leaves everything as it was', async () => {
  const before = await heard();
  const sane = fakeNative();
  let count = 0;
  const failing = { ...sane, replaceRange: (spec: RangeReplacement) => (++count === 2 ? Promise.reject(new Error('disk full')) : sane.replaceRange(spec)) };
  await expect(apply(failing, 0.5)).rejects.toThrow('disk full');
  expect(await heard()).toEqual(before);
});

it('an undo that fails leaves the edit as it was', async () => {
  await apply(fakeNative(), 0.5);
  const before = await heard();
  const sane = fakeNative();
  let count = 0;
  const failing = { ...sane, replaceRange: (spec: RangeReplacement) => (++count === 2 ? Promise.reject(new Error('disk full')) : sane.replaceRange(spec)) };
  await expect(new ProjectEdits(failing).undo(project)).rejects.toThrow('disk full');
  expect(await heard()).toEqual(before);
});

it('a project without edits is left alone', async () => {
  await mkdir(join(project.folder, 'edits'));
  const before = await heard();
  await new ProjectEdits(fakeNative()).recover(project);
  expect(await heard()).toEqual(before);
});
