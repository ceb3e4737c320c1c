import { join } from 'node:path';
import { printable, StemwrightError } from '../contract/errors.ts';
import type { QueueOptions, Redo } from '../contract/queue.ts';
import type { SeparationProgress } from '../contract/separation.ts';
import type { NativeJob } from '../engine/native-jobs.ts';
import type { NativeModule } from '../engine/native.ts';
import { convert } from '../media/resample.ts';
import { fillTrack } from './engine-run.ts';
import { excerpt } from './excerpt.ts';
import type { ComputePlace, GpuChooser, GpuWish } from './gpu.ts';
import type { JobFolder } from './job-folder.ts';
import { planMemory } from './memory.ts';
import type { LoadedModel } from './models.ts';
import type { Patch } from './project-edits.ts';
import { original, stemRefs, trackFile, type ProjectFolder, type TrackRef } from './project-folder.ts';

export interface RedoContext {
  native: NativeModule;
  model: LoadedModel;
  project: ProjectFolder;
  redo: Redo;
  options: QueueOptions;
  threads: number;
  memoryBudgetBytes: number | null;
  gpu: GpuChooser;
  /** Where it goes, as the user wants it. */
  where: Pick<GpuWish, 'backend'> & Pick<ComputePlace, 'gpu'>;
  /** Gets everything that is made on the way, and the patches. */
  folder: JobFolder;
  signal: AbortSignal;
  onProgress: (progress: SeparationProgress) => void;
  onStart: (job: NativeJob) => void;
}

type Range = readonly [number, number];

/** Frames of the project, and of the model, that stand for the same time to the frame. */
export interface AlignedRange {
  project: Range;
  model: Range;
}

/** What a resampler looks at beyond the range, and more. */
const contextFrames = 8192;

/**
 * The least range that holds the given one and begins and ends on a frame of both rates; with room for the resampler where
 * they differ.
 */
export function alignedRange([start, end]: Range, frames: number, rate: number, modelRate: number): AlignedRange {
  if (rate === modelRate) {
    return { project: [start, end], model: [start, end] };
  }
  const divisor = gcd(rate, modelRate);
  const [block, modelBlock] = [rate / divisor, modelRate / divisor];
  const first = Math.max(0, Math.floor((start - contextFrames) / block));
  const last = Math.ceil((end + contextFrames) / block);
  const modelFrames = Math.max(1, Math.round((frames * modelRate) / rate));
  return { project: [first * block, Math.min(frames, last * block)], model: [first * modelBlock, Math.min(modelFrames, last * modelBlock)] };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** @throws StemwrightError 'usage' when the project has no such range, or it or the model none of the stems */
export function checkRedo(redo: Pick<Redo, 'start' | 'end' | 'stems'>, { frames, stems }: ProjectFolder['file'], sources: readonly string[]): void {
  if (redo.start >= redo.end || redo.end > frames) {
    throw new StemwrightError('usage', 'the project has no such range', 'Select a part of the song.');
  }
  const wanted = redo.stems ?? stems;
  const unknown = wanted.find((name) => !stems.includes(name));
  if (unknown !== undefined) {
    throw new StemwrightError('usage', `the project has no stem "${printable(unknown)}"`, `It has ${stems.join(', ')}.`);
  }
  const missing = wanted.find((name) => !sources.includes(name));
  if (missing !== undefined) {
    throw new StemwrightError('usage', `the model has no stem "${printable(missing)}"`, `It has ${sources.join(', ')}: choose among those, or another model.`);
  }
}

/**
 * Separates a part of a project anew; only that part is computed.
 * @return what goes into the project's stems
 */
export async function computePatches(context: RedoContext): Promise<Patch[]> {
  const { native, model, project, redo, options, threads, folder, signal } = context;
  const { rate, channels, frames } = project.file;
  checkRedo(redo, project.file, model.sources);
  const stems = redo.stems ?? project.file.stems;
  const range = alignedRange([redo.start, redo.end], frames, rate, model.rate);
  const say = (phase: SeparationProgress['phase'], fraction = 0) => {
    context.onProgress({ phase, fraction, etaSeconds: null, finished: [] });
  };
  say('resample');
  // The whole song: its mean and deviation are part of what the model is given.
  const mix = { path: folder.file('mix.f32'), rate: model.rate, channels: model.channels };
  const source = { path: join(project.folder, trackFile(original, 'f32')), rate, channels };
  const target = { ...mix, frames: Math.max(1, Math.round((frames * model.rate) / rate)) };
  const { stats } = await fillTrack(native, mix, convert(source, target, signal));
  const outputs = new Map(stems.map((name, index) => [name, folder.file(`source-${index}.f32`)]));
  const { segmentSeconds } = planMemory(model.parts, { mode: options.mode, threads, segmentSeconds: options.segmentSeconds, budgetBytes: context.memoryBudgetBytes });
  await context.gpu.run(
    model,
    context.where,
    {
      input: mix.path,
      ...{ frames: stats.frames, mean: stats.mean, std: stats.std },
      outputs: model.sources.map((name) => outputs.get(name) ?? null),
      ...{ mode: options.mode, segmentSeconds, overlap: options.overlap, shifts: options.shifts, seed: options.seed, threads },
      range: [...range.model] as [number, number],
    },
    ({ fraction, etaSeconds, finished }) => {
      context.onProgress({ phase: 'separate', fraction: Math.min(1, fraction), etaSeconds, finished });
    },
    signal,
    context.onStart,
  );
  say('finish');
  const patches: Patch[] = [];
  for (const [name, track] of outputs) {
    const path = await toProject(context, range, track, folder.file(`patch-${patches.length}.f32`));
    patches.push({ stem: name, path, start: redo.start - range.project[0] });
    say('finish', patches.length / outputs.size);
  }
  await checkFinite(context, patches);
  if (options.exactSum) {
    await spread(context, range.project, patches);
  }
  signal.throwIfAborted();
  return patches;
}

/** Cuts the range out of a track of the model's, in the project's layout. */
async function toProject({ native, model, project, folder, signal }: RedoContext, range: AlignedRange, track: string, output: string): Promise<string> {
  const { rate, channels } = project.file;
  if (rate === model.rate && channels === model.channels) {
    await excerpt(track, channels, range.model, output, signal);
    return output;
  }
  const cut = folder.file('cut.f32');
  await excerpt(track, model.channels, range.model, cut, signal);
  const target = { rate, channels, frames: range.project[1] - range.project[0] };
  await fillTrack(native, { path: output, channels }, convert({ path: cut, rate: model.rate, channels: model.channels }, target, signal));
  return output;
}

async function checkFinite({ native, model, project, signal }: RedoContext, patches: readonly Patch[]): Promise<void> {
  const { nonFinite } = await native.measureTracks({ tracks: patches.map(({ path }) => path), channels: project.file.channels, signal });
  if (nonFinite.some((count) => count > 0)) {
    throw new StemwrightError('model', `model ${printable(model.id)} gives values that are not numbers`, 'Check it with `stemwright models verify`, or choose another model.');
  }
}

/** Shares what the range has and no stem does among the stems that were done anew. */
async function spread({ native, project, folder, signal }: RedoContext, range: Range, patches: readonly Patch[]): Promise<void> {
  const { channels, stems } = project.file;
  const others = stemRefs(stems).filter(({ name }) => patches.every(({ stem }) => stem !== name));
  const inputs: { path: string; gain: number }[] = [];
  const add = async (track: TrackRef, gain: number) => {
    const path = folder.file(`rest-${inputs.length}.f32`);
    await excerpt(join(project.folder, trackFile(track, 'f32')), channels, range, path, signal);
    inputs.push({ path, gain });
  };
  await add(original, 1);
  for (const track of others) {
    await add(track, -1);
  }
  const mix = folder.file('rest.f32');
  await native.combineTracks({ inputs, channels, output: mix, signal });
  await native.spreadResidual({ mix, stems: patches.map(({ path }) => path), channels, signal });
}
