import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Effect } from '../contract/effects.ts';
import { fromWriteError, printable, StemwrightError } from '../contract/errors.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeEffect, NativeModule } from '../engine/native.ts';
import { nativeEffect } from './effect-rack.ts';
import { runToEnd } from './engine-run.ts';
import { JobFolder, syncFolder } from './job-folder.ts';
import { effectsFile, trackKey, type StoredEffect } from './project-effects.ts';
import { print, trackFile, trackRefs, writeProjectFile, type ProjectFolder, type TrackRef } from './project-folder.ts';
import type { ResponseStore } from './response-library.ts';

const mostPrints = 8;

export interface PrintJob {
  native: NativeModule;
  responses: ResponseStore;
  signal: AbortSignal;
  onProgress: (fraction: number) => void;
}

/** @throws StemwrightError 'usage' when a print cannot have the name, or there is no such track */
export function checkPrint({ file }: Pick<ProjectFolder, 'file'>, track: TrackRef, name: string): void {
  const tracks = trackRefs(file);
  if (!tracks.some((other) => other.kind === track.kind && other.name === track.name)) {
    throw new StemwrightError('usage', `the project has no track "${printable(track.name)}"`, 'Open it again: it may have changed.');
  }
  if (tracks.some((other) => other.name.normalize('NFC').toLowerCase() === name.normalize('NFC').toLowerCase())) {
    throw new StemwrightError('usage', `the project has a track "${printable(name)}" already`, 'Choose another name.');
  }
  if ((file.prints ?? []).length >= mostPrints) {
    throw new StemwrightError('usage', `the project has ${mostPrints} printed stems already`, 'Remove one first.');
  }
}

/**
 * Renders a track through the effects that are kept for it to a new stem of the project.
 * @throws StemwrightError 'usage' when it has none, 'input' when a response is missing; nothing is left behind then
 */
export async function printTrack(project: ProjectFolder, track: TrackRef, name: string, job: PrintJob): Promise<void> {
  checkPrint(project, track, name);
  const { folder, file } = project;
  const { rate, channels } = file;
  const effects = await effectsOf(project, track, job.responses);
  const scratch = await JobFolder.create(dirname(folder));
  try {
    const output = scratch.file('print.f32');
    const spec = { input: join(folder, trackFile(track, 'f32')), channels, rate, effects, output };
    await runToEnd((onEvent) => job.native.startPrint(spec, onEvent), ({ fraction }) => { job.onProgress(fraction); }, job.signal);
    await job.native.ensurePeaks({ track: output, channels });
    job.signal.throwIfAborted();
    const target = print(name);
    await mkdir(dirname(join(folder, trackFile(target, 'f32'))), { recursive: true });
    await rename(scratch.file('print.peaks'), join(folder, trackFile(target, 'peaks')));
    await rename(output, join(folder, trackFile(target, 'f32')));
    await syncFolder(dirname(join(folder, trackFile(target, 'f32'))));
    await writeProjectFile(folder, { ...file, prints: [...(file.prints ?? []), name] });
  } catch (error) {
    throw fromWriteError(fromNative(error), folder);
  } finally {
    await scratch.remove();
  }
}

/** @throws StemwrightError 'usage' when there is no printed stem of that name */
export async function removePrint({ folder, file }: ProjectFolder, name: string): Promise<void> {
  const prints = file.prints ?? [];
  if (!prints.includes(name)) {
    throw new StemwrightError('usage', `the project has no printed stem "${printable(name)}"`, 'Open it again: it may have changed.');
  }
  const left = prints.filter((other) => other !== name);
  // JSON leaves out what is undefined: earlier versions can read the project again.
  await writeProjectFile(folder, { ...file, prints: left.length === 0 ? undefined : left });
  await Promise.all((['f32', 'peaks'] as const).map((ending) => rm(join(folder, trackFile(print(name), ending)), { force: true })));
}

async function effectsOf({ folder, file }: ProjectFolder, track: TrackRef, responses: ResponseStore): Promise<{ slot: number; effect: NativeEffect }[]> {
  const chain = (await effectsFile(folder).load())?.chains[trackKey(track)] ?? [];
  const effects: { slot: number; effect: NativeEffect }[] = [];
  for (const [slot, stored] of chain.entries()) {
    if (stored !== null && !stored.effect.isBypassed) {
      effects.push({ slot, effect: await nativeEffect(responses, await located(stored, responses), file.rate) });
    }
  }
  if (effects.length === 0) {
    throw new StemwrightError('usage', `there is no effect on "${printable(track.name)}" to print`, 'Put one into its chain first.');
  }
  return effects;
}

/** With its response where that is now. */
async function located({ effect, file }: StoredEffect, responses: ResponseStore): Promise<Effect> {
  const response = effect.kind === 'reverb' ? await responses.locate(effect.response, file) : null;
  return effect.kind === 'reverb' && response !== null ? { ...effect, response } : effect;
}
