import { copyFile, mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { StemwrightError } from '../contract/errors.ts';
import { Edit, type Project } from '../contract/project.ts';
import { SeparationReport } from '../contract/separation.ts';
import type { NativeModule } from '../engine/native.ts';
import { excerpt } from './excerpt.ts';
import { syncFolder, type JobFolder } from './job-folder.ts';
import { JsonFile } from './json-file.ts';
import { toDb } from './levels.ts';
import { original, readReport, reportName, residual, stemRefs, trackFile, writeReport, type ProjectFolder, type TrackRef } from './project-folder.ts';

/** How a part sounds without an edit, and with it. */
type Side = 'before' | 'after';

/**
 * `edits/edits.json`. While `settling` is not null the tracks are on their way to that side of that edit: whoever finds it
 * so at the start goes there, which the samples in `edits/<id>/<side>` allow at any time. One that was `isNew` has no
 * other side to go to, and is forgotten once it is back.
 */
const EditsFile = z.strictObject({
  version: z.literal(1),
  list: z.array(Edit),
  settling: z.strictObject({ id: z.uuid(), to: z.enum(['before', 'after']), isNew: z.boolean() }).nullable(),
});
type EditsFile = z.infer<typeof EditsFile>;

export interface Patch {
  stem: string;
  /** A track in the project's layout, and its frame that goes to the start of the range. */
  path: string;
  start: number;
}

const fadeSeconds = 0.02;

/**
 * Parts of projects that were done anew: what they replaced is kept in the project, so that it can be swapped back. A
 * process that is killed leaves tracks that `recover` brings to the one side or the other.
 */
export class ProjectEdits {
  readonly #native: NativeModule;

  constructor(native: NativeModule) {
    this.#native = native;
  }

  async state({ folder }: ProjectFolder): Promise<Project['edits']> {
    const { list } = await read(folder);
    return { canUndo: list.some(({ isApplied }) => isApplied), canReapply: list.some(({ isApplied }) => !isApplied), list };
  }

  /** Whether the edit was made, be it taken back since. */
  async has({ folder }: ProjectFolder, id: string): Promise<boolean> {
    return (await read(folder)).list.some((edit) => edit.id === id);
  }

  /**
   * Fades the patches into the stems, and brings residual, peaks and report up to date.
   * @param scratch gets what is needed on the way
   */
  async apply(project: ProjectFolder, edit: Pick<Edit, 'id' | 'start' | 'end' | 'model' | 'mode'>, patches: readonly Patch[], scratch: JobFolder): Promise<void> {
    const { folder } = project;
    await this.recover(project);
    const before = await read(folder);
    const made: Edit = { ...edit, madeAt: new Date().toISOString(), stems: patches.map(({ stem }) => stem), isApplied: false };
    const store = sideFolder(folder, made.id, 'before');
    await mkdir(join(store, 'stems'), { recursive: true });
    await copyFile(join(folder, reportName), join(store, reportName));
    await save(folder, { ...before, list: [...before.list, made], settling: { id: made.id, to: 'before', isNew: true } });
    try {
      for (const { stem, path, start } of patches) {
        await this.#replace(project, made, { kind: 'stem', name: stem }, { path, start, fades: true, keep: join(store, trackFile({ kind: 'stem', name: stem }, 'f32')) });
      }
      await this.#patchResidual(project, made, scratch);
      await writeReport(folder, await this.#measure(project));
    } catch (error) {
      await this.recover(project);
      throw error;
    }
    const kept = before.list.filter(({ isApplied }) => isApplied);
    await save(folder, { version: 1, list: [...kept, { ...made, isApplied: true }], settling: null });
    const gone = before.list.filter(({ isApplied }) => !isApplied);
    await Promise.all(gone.map(({ id }) => rm(editFolder(folder, id), { recursive: true, force: true })));
  }

  /** @throws StemwrightError 'usage' when there is nothing to take back */
  async undo(project: ProjectFolder): Promise<void> {
    await this.recover(project);
    const last = (await read(project.folder)).list.findLast(({ isApplied }) => isApplied);
    await this.#swap(project, last, 'before');
  }

  /** @throws StemwrightError 'usage' when nothing was taken back */
  async reapply(project: ProjectFolder): Promise<void> {
    await this.recover(project);
    const next = (await read(project.folder)).list.find(({ isApplied }) => !isApplied);
    await this.#swap(project, next, 'after');
  }

  /** Brings a project to one side of an edit that was on its way when its process ended. */
  async recover(project: ProjectFolder): Promise<void> {
    const { folder, file } = project;
    const edits = await read(folder);
    const edit = edits.list.find(({ id }) => id === edits.settling?.id);
    if (edits.settling === null || edit === undefined) {
      return;
    }
    const { to, isNew } = edits.settling;
    await this.#settle(project, edit, to);
    for (const track of tracksOf(edit)) {
      await this.#native.writePeaks({ track: join(folder, trackFile(track, 'f32')), channels: file.channels });
    }
    const others = edits.list.filter((other) => other !== edit);
    const list = isNew ? others : edits.list.map((other) => (other === edit ? { ...edit, isApplied: to === 'after' } : other));
    await save(folder, { version: 1, list, settling: null });
    if (isNew) {
      await rm(editFolder(folder, edit.id), { recursive: true, force: true });
    }
  }

  async #swap(project: ProjectFolder, edit: Edit | undefined, to: Side): Promise<void> {
    const { folder } = project;
    if (edit === undefined) {
      throw new StemwrightError('usage', to === 'before' ? 'nothing was done anew in this project' : 'nothing was taken back in this project', 'The project may have changed: open it again.');
    }
    const edits = await read(folder);
    const from = to === 'before' ? 'after' : 'before';
    await mkdir(sideFolder(folder, edit.id, from), { recursive: true });
    await copyFile(join(folder, reportName), join(sideFolder(folder, edit.id, from), reportName));
    await save(folder, { ...edits, settling: { id: edit.id, to, isNew: false } });
    try {
      await this.#settle(project, edit, to);
    } catch (error) {
      await save(folder, { ...edits, settling: { id: edit.id, to: from, isNew: false } });
      await this.recover(project);
      throw error;
    }
    const list = edits.list.map((other) => (other.id === edit.id ? { ...other, isApplied: to === 'after' } : other));
    await save(folder, { version: 1, list, settling: null });
  }

  /** Can be interrupted and done again at any time. */
  async #settle(project: ProjectFolder, edit: Edit, to: Side): Promise<void> {
    const { folder, file } = project;
    const [target, other] = [to, to === 'before' ? 'after' : 'before'].map((side) => sideFolder(folder, edit.id, side as Side)) as [string, string];
    const bytes = (edit.end - edit.start) * file.channels * 4;
    const isWhole = async (path: string) => (await stat(path).catch(() => null))?.size === bytes;
    for (const track of tracksOf(edit)) {
      const path = join(target, trackFile(track, 'f32'));
      // Of a new edit, a track that was not reached has nothing kept.
      if (await isWhole(path)) {
        const keep = join(other, trackFile(track, 'f32'));
        await mkdir(dirname(keep), { recursive: true });
        const spare = join(editFolder(folder, edit.id), 'spare.f32');
        await this.#replace(project, edit, track, { path, start: 0, fades: false, keep: (await isWhole(keep)) ? spare : keep });
        await rm(spare, { force: true });
      }
    }
    const report = await readReport(target);
    if (report !== null) {
      await writeReport(folder, report);
    }
  }

  #replace({ folder, file }: ProjectFolder, { start, end }: Pick<Edit, 'start' | 'end'>, track: TrackRef, patch: { path: string; start: number; fades: boolean; keep: string }): Promise<void> {
    const fadeFrames = patch.fades ? Math.min(Math.round(fadeSeconds * file.rate), Math.floor((end - start) / 2)) : 0;
    return this.#native.replaceRange({
      track: join(folder, trackFile(track, 'f32')),
      channels: file.channels,
      ...{ start, end, fadeFrames },
      patch: patch.path,
      patchStart: patch.start,
      keep: patch.keep,
    });
  }

  async #patchResidual(project: ProjectFolder, edit: Edit, scratch: JobFolder): Promise<void> {
    const { folder, file } = project;
    const inputs: { path: string; gain: number }[] = [];
    for (const [index, track] of [original, ...stemRefs(file.stems)].entries()) {
      const path = scratch.file(`part-${index}.f32`);
      await excerpt(join(folder, trackFile(track, 'f32')), file.channels, [edit.start, edit.end], path);
      inputs.push({ path, gain: track.kind === 'original' ? 1 : -1 });
    }
    const path = scratch.file('residual.f32');
    await this.#native.combineTracks({ inputs, channels: file.channels, output: path });
    await this.#replace(project, edit, residual, { path, start: 0, fades: false, keep: join(sideFolder(folder, edit.id, 'before'), trackFile(residual, 'f32')) });
  }

  /** The project's report, with what the tracks are like now. */
  async #measure({ folder, file, report }: ProjectFolder): Promise<SeparationReport> {
    const tracks = stemRefs(file.stems).map((track) => join(folder, trackFile(track, 'f32')));
    const { peaks, nullRms } = await this.#native.measureTracks({ tracks, channels: file.channels, reference: join(folder, trackFile(original, 'f32')) });
    const peakOf = new Map(file.stems.map((name, index) => [name, peaks[index] ?? 0]));
    // Stems that were not wanted are gone, and with them what the sum would be.
    const isWhole = file.stems.length === report.model.sources.length;
    return SeparationReport.parse({
      ...report,
      stems: report.stems.map((stem) => ({ ...stem, peakDb: toDb(peakOf.get(stem.name) ?? 0) })),
      nullDepthDb: isWhole ? toDb(nullRms ?? 0) : report.nullDepthDb,
    });
  }
}

function tracksOf({ stems }: Edit): TrackRef[] {
  return [...stemRefs(stems), residual];
}

function editFolder(folder: string, id: string): string {
  return join(folder, 'edits', id);
}

function sideFolder(folder: string, id: string, side: Side): string {
  return join(editFolder(folder, id), side);
}

function journal(folder: string): JsonFile<EditsFile> {
  return new JsonFile(join(folder, 'edits', 'edits.json'), EditsFile);
}

async function read(folder: string): Promise<EditsFile> {
  return (await journal(folder).load()) ?? { version: 1, list: [], settling: null };
}

async function save(folder: string, edits: EditsFile): Promise<void> {
  await journal(folder).save(edits);
  await syncFolder(folder);
}
