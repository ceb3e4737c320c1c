import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Effect } from '../contract/effects.ts';
import { fromWriteError, printable, StemwrightError } from '../contract/errors.ts';
import type { Edit, PrintSource } from '../contract/project.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativePrintSpec } from '../engine/native-jobs.ts';
import type { NativeModule } from '../engine/native.ts';
import { nativeEffect } from './effect-rack.ts';
import { runToEnd } from './engine-run.ts';
import { JobFolder, syncFolder } from './job-folder.ts';
import { effectsFile, trackKey, type ProjectEffects, type StoredEffect } from './project-effects.ts';
import { print, trackFile, trackRefs, writeProjectFile, type ProjectFolder } from './project-folder.ts';
import { editsOf, keepRecipe, readRecipes, sourceTracks, type Recipe } from './project-prints.ts';
import type { ResponseStore } from './response-library.ts';

const mostPrints = 8;

export interface PrintJob {
  native: NativeModule;
  responses: ResponseStore;
  /** Parts of the project that were done anew. */
  edits: readonly Edit[];
  signal: AbortSignal;
  onProgress: (fraction: number) => void;
}

type Chain = NativePrintSpec['masterEffects'];

/** @throws StemwrightError 'usage' when a print cannot have the name, or there is no such track */
export function checkPrint({ file }: Pick<ProjectFolder, 'file'>, source: PrintSource, name: string): void {
  const tracks = trackRefs(file);
  checkTracks(tracks, source);
  if (tracks.some((other) => other.name.normalize('NFC').toLowerCase() === name.normalize('NFC').toLowerCase())) {
    throw new StemwrightError('usage', `the project has a track "${printable(name)}" already`, 'Choose another name.');
  }
  if ((file.prints ?? []).length >= mostPrints) {
    throw new StemwrightError('usage', `the project has ${mostPrints} printed stems already`, 'Remove one first.');
  }
}

function checkTracks(tracks: readonly { kind: string; name: string }[], source: PrintSource): void {
  const unknown = sourceTracks(source).find(({ kind, name }) => !tracks.some((other) => other.kind === kind && other.name === name));
  if (unknown !== undefined) {
    throw new StemwrightError('usage', `the project has no track "${printable(unknown.name)}"`, 'Open it again: it may have changed.');
  }
}

/**
 * Renders a track or a bus through the effects that are kept for it to a new stem of the project.
 * @throws StemwrightError 'usage' when there is nothing to print, 'input' when a response is missing; nothing is left behind then
 */
export async function printTrack(project: ProjectFolder, source: PrintSource, name: string, job: PrintJob): Promise<void> {
  checkPrint(project, source, name);
  const { folder, file } = project;
  const recipe = await recipeOf(folder, source, job.edits);
  await render(project, recipe, job, async (scratch) => {
    const target = print(name);
    await mkdir(dirname(join(folder, trackFile(target, 'f32'))), { recursive: true });
    await rename(scratch.file('print.peaks'), join(folder, trackFile(target, 'peaks')));
    await rename(scratch.file('print.f32'), join(folder, trackFile(target, 'f32')));
    await syncFolder(dirname(join(folder, trackFile(target, 'f32'))));
    await keepRecipe(folder, name, recipe);
    await writeProjectFile(folder, { ...file, prints: [...(file.prints ?? []), name] });
  });
}

/** @throws StemwrightError 'usage' when there is no such print, or it is not known how it was made, or of what is gone */
export async function checkAgain({ folder, file }: Pick<ProjectFolder, 'folder' | 'file'>, name: string): Promise<Recipe> {
  checkIsPrint(file, name);
  const recipe = (await readRecipes(folder))[name];
  if (recipe === undefined) {
    throw new StemwrightError('usage', `it is not known how "${printable(name)}" was printed`, 'Print it under another name.');
  }
  checkTracks(trackRefs(file), recipe.source);
  return recipe;
}

/** Renders a print once more as it was rendered, of the tracks as they are now. Who plays it goes on with its file. */
export async function printAgain(project: ProjectFolder, name: string, job: PrintJob): Promise<void> {
  const { folder } = project;
  const recipe = await checkAgain(project, name);
  const edits = editsOf(recipe.source, job.edits, await readRecipes(folder));
  await render(project, recipe, job, async (scratch) => {
    const target = (ending: 'f32' | 'peaks'): string => join(folder, trackFile(print(name), ending));
    await pipeline(createReadStream(scratch.file('print.f32')), createWriteStream(target('f32'), { flags: 'r+' }));
    await rename(scratch.file('print.peaks'), target('peaks'));
    // Only now: a process that is killed on the way leaves it stale.
    await keepRecipe(folder, name, { ...recipe, edits });
  });
}

/** @throws StemwrightError 'usage' when there is no printed stem of that name */
export async function removePrint({ folder, file }: ProjectFolder, name: string): Promise<void> {
  checkIsPrint(file, name);
  const left = (file.prints ?? []).filter((other) => other !== name);
  // JSON leaves out what is undefined: earlier versions can read the project again.
  await writeProjectFile(folder, { ...file, prints: left.length === 0 ? undefined : left });
  await keepRecipe(folder, name, null);
  await Promise.all((['f32', 'peaks'] as const).map((ending) => rm(join(folder, trackFile(print(name), ending)), { force: true })));
}

function checkIsPrint({ prints = [] }: ProjectFolder['file'], name: string): void {
  if (!prints.includes(name)) {
    throw new StemwrightError('usage', `the project has no printed stem "${printable(name)}"`, 'Open it again: it may have changed.');
  }
}

/** With the effects as they are kept now. */
async function recipeOf(folder: string, source: PrintSource, edits: readonly Edit[]): Promise<Recipe> {
  const { chains: kept, sends }: Pick<ProjectEffects, 'chains' | 'sends'> = (await effectsFile(folder).load()) ?? { chains: {}, sends: {} };
  const keys = [...sourceTracks(source).map(trackKey), ...('tracks' in source ? ['send', 'master'] : [])];
  const chains = Object.fromEntries(keys.flatMap((key) => (isHeard(kept[key]) ? [[key, kept[key] ?? []]] : [])));
  checkAny(source, chains, sends);
  const used = Object.fromEntries(Object.entries(sends).filter(([key]) => 'tracks' in source && keys.includes(key)));
  return { source, chains, sends: used, edits: editsOf(source, edits, await readRecipes(folder)) };
}

function isHeard(chain: readonly (StoredEffect | null)[] | undefined): boolean {
  return chain?.some((stored) => stored !== null && !stored.effect.isBypassed) === true;
}

function checkAny(source: PrintSource, chains: Recipe['chains'], sends: Recipe['sends']): void {
  if (source.kind === 'master') {
    return;
  }
  const [key, place] = 'tracks' in source ? ['send', 'the send'] : [trackKey(source), `"${printable(source.name)}"`];
  if (chains[key] === undefined) {
    throw new StemwrightError('usage', `there is no effect on ${place} to print`, 'Put one into its chain first.');
  }
  if ('tracks' in source && source.tracks.every((track) => (sends[trackKey(track)] ?? 0) === 0)) {
    throw new StemwrightError('usage', 'nothing that is heard is sent', 'Turn up the send of a stem first.');
  }
}

/** @param deliver puts what was made where it belongs */
async function render(project: ProjectFolder, recipe: Recipe, { native, responses, signal, onProgress }: PrintJob, deliver: (scratch: JobFolder) => Promise<void>): Promise<void> {
  const { folder, file } = project;
  const scratch = await JobFolder.create(dirname(folder));
  try {
    const output = scratch.file('print.f32');
    const spec = { ...(await specOf(project, recipe, responses)), output };
    await runToEnd((onEvent) => native.startPrint(spec, onEvent), ({ fraction }) => { onProgress(fraction); }, signal);
    await native.ensurePeaks({ track: output, channels: file.channels });
    signal.throwIfAborted();
    await deliver(scratch);
  } catch (error) {
    throw fromWriteError(fromNative(error), folder);
  } finally {
    await scratch.remove();
  }
}

async function specOf({ folder, file }: ProjectFolder, { source, chains, sends }: Recipe, responses: ResponseStore): Promise<Omit<NativePrintSpec, 'output'>> {
  const chain = (key: string): Promise<Chain> => chainOf(chains[key] ?? [], file.rate, responses);
  const tracks: NativePrintSpec['tracks'] = [];
  // A track alone is what goes into its fader.
  for (const track of 'tracks' in source ? source.tracks : [{ ...source, gain: 1, pan: 0 }]) {
    const key = trackKey(track);
    tracks.push({ path: join(folder, trackFile(track, 'f32')), effects: await chain(key), gain: track.gain, pan: track.pan, send: sends[key] ?? 0 });
  }
  return { tracks, channels: file.channels, rate: file.rate, isSend: source.kind === 'send', sendEffects: await chain('send'), masterEffects: await chain('master') };
}

async function chainOf(chain: readonly (StoredEffect | null)[], rate: number, responses: ResponseStore): Promise<Chain> {
  const effects: Chain = [];
  for (const [slot, stored] of chain.entries()) {
    if (stored !== null && !stored.effect.isBypassed) {
      effects.push({ slot, effect: await nativeEffect(responses, await located(stored, responses), rate) });
    }
  }
  return effects;
}

/** With its response where that is now. */
async function located({ effect, file }: StoredEffect, responses: ResponseStore): Promise<Effect> {
  const response = effect.kind === 'reverb' ? await responses.locate(effect.response, file) : null;
  return effect.kind === 'reverb' && response !== null ? { ...effect, response } : effect;
}
