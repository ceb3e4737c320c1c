import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchmarkEntry } from '../contract/benchmark.ts';
import { cancelled } from '../contract/errors.ts';
import type { SeparationMode } from '../contract/model.ts';
import type { NativeModule } from '../engine/native.ts';
import { decode } from '../media/decode.ts';
import { probe } from '../media/probe.ts';
import type { Measurable } from './benchmark-list.ts';
import { fillTrack, runSeparation } from './engine-run.ts';
import { JobFolder } from './job-folder.ts';
import { joinsOf, measureJoins } from './joins.ts';
import { planMemory } from './memory.ts';
import { demoFolder } from './model-library.ts';
import { houseId, type ModelStore } from './model-store.ts';
import { findModel, loadModel, type LoadedModel } from './models.ts';

export interface GuideSetting {
  native: NativeModule;
  models: ModelStore;
  /** Gets what is separated, for as long as that takes. */
  folder: string;
}

/** Runs of each mode. */
const runs = 3;
/** Of neighbouring segments, as the guide recommends. */
const overlapSeconds = 2;
/** The demo song over and over: room for several of the longest segments. */
const longSeconds = 130;
/** Null: the model's own. */
const segments = [null, 10, 30, 60] as const;

/** The house model on the demo song: both modes with their quality, and in each segments of several lengths with what joins do. */
export function guideMeasurables(setting: GuideSetting): Measurable[] {
  const modes: readonly SeparationMode[] = ['full', 'time-only'];
  return [
    ...modes.map((mode): Measurable => ({ name: `demo song, ${mode}`, run: (threads, signal) => withDemo(setting, 1, (demo) => measureMode(demo, mode, threads, signal)) })),
    ...modes.flatMap((mode) =>
      segments.map((seconds): Measurable => {
        const name = `demo song, ${mode === 'full' ? '' : `${mode}, `}segments of ${seconds === null ? 'the model’s own length' : `${seconds} s`}`;
        return { name, run: (threads, signal) => withDemo(setting, longSeconds, (demo) => measureSegments(demo, name, { mode, segmentSeconds: seconds, threads }, signal)) };
      }),
    ),
  ];
}

interface Demo {
  native: NativeModule;
  model: LoadedModel;
  job: JobFolder;
  mix: { path: string; frames: number; mean: number; std: number };
  /** What the engine held before the model was opened. */
  heldBytes: number;
}

/** @param leastSeconds the song is repeated until it is that long */
async function withDemo<T>({ native, models, folder }: GuideSetting, leastSeconds: number, work: (demo: Demo) => Promise<T>): Promise<T> {
  native.resetMemoryPeaks();
  const heldBytes = native.memoryUsage().bytes;
  const job = await JobFolder.create(folder);
  const model = await loadModel(native, await findModel(models, houseId, '/'));
  try {
    const path = job.file('mix.f32');
    const { stats } = await fillTrack(native, { path, channels: model.channels }, repeated('mix', leastSeconds));
    return await work({ native, model, job, heldBytes, mix: { path, frames: stats.frames, mean: stats.mean, std: stats.std } });
  } finally {
    model.dispose();
    await job.remove();
  }
}

/** A track of the demo song, which has the house model's rate and channels. */
async function* repeated(name: string, leastSeconds: number): AsyncGenerator<Buffer, void> {
  const info = await probe(join(demoFolder, `${name}.flac`));
  for (let seconds = 0; seconds < leastSeconds; seconds += info.claimedSeconds ?? leastSeconds) {
    yield* decode(info);
  }
}

interface Pass {
  seconds: number;
  segmentSeconds: number;
  outputs: string[];
}

async function separate({ native, model, job, mix }: Demo, choice: { mode: SeparationMode; segmentSeconds: number | null; overlap: number; threads: number }, signal: AbortSignal): Promise<Pass> {
  const outputs = model.sources.map((name) => job.file(`${name}.f32`));
  const { path: input, ...song } = mix;
  const { seconds, segmentSeconds } = await runSeparation(native, { ...{ models: model.parts, input, outputs, shifts: 0, seed: 0 }, ...song, ...choice }, () => undefined, AbortSignal.any([signal]));
  return { seconds, segmentSeconds, outputs };
}

/** What the engine held at most since the demo was opened, and what was foretold. */
function memoryEntries(name: string, { native, model, heldBytes }: Demo, question: Parameters<typeof planMemory>[1]): BenchmarkEntry[] {
  const peak = native.memoryUsage().peakBytes - heldBytes;
  return [fixed(`${name}, memory`, 'MB', peak / 1e6), fixed(`${name}, memory foretold`, 'MB', planMemory(model.parts, question).bytes / 1e6)];
}

async function measureMode(demo: Demo, mode: SeparationMode, threads: number, signal: AbortSignal): Promise<BenchmarkEntry[]> {
  const name = `demo song, ${mode}`;
  const { model, mix } = demo;
  const speeds: number[] = [];
  let outputs: string[] = [];
  for (let run = 0; run < runs; run++) {
    const pass = await separate(demo, { mode, segmentSeconds: null, overlap: 0.25, threads }, signal);
    speeds.push(mix.frames / model.rate / pass.seconds);
    ({ outputs } = pass);
  }
  const sorted = speeds.toSorted((a, b) => a - b);
  const [low, median, high] = [sorted[0] ?? NaN, sorted[Math.floor(runs / 2)] ?? NaN, sorted.at(-1) ?? NaN];
  const scores = await Promise.all(model.sources.map(async (source, index) => fixed(`${name}, ${source}`, 'dB SDR', await sdr(demo, source, outputs[index] ?? ''))));
  if (signal.aborted) throw cancelled();
  return [
    { ...fixed(name, 'x real time', median), low, high, noise: (high - low) / 2 / median },
    ...memoryEntries(name, demo, { mode, threads, segmentSeconds: null, budgetBytes: null }),
    ...scores,
  ];
}

/** How close a stem came to the true one. SDR = 20 log10(rms(s) / rms(s − e)) */
async function sdr({ native, model, job, mix }: Demo, source: string, estimate: string): Promise<number> {
  const truth = job.file(`true-${source}.f32`);
  const silence = job.file(`silence-${source}.f32`);
  await fillTrack(native, { path: truth, channels: model.channels }, repeated(source, 1));
  const file = await open(silence, 'wx');
  await file.truncate(mix.frames * model.channels * 4);
  await file.close();
  const rms = async (track: string): Promise<number> => (await native.measureTracks({ tracks: [track], channels: model.channels, reference: truth })).nullRms ?? NaN;
  return 20 * Math.log10((await rms(silence)) / (await rms(estimate)));
}

async function measureSegments(demo: Demo, name: string, choice: { mode: SeparationMode; segmentSeconds: number | null; threads: number }, signal: AbortSignal): Promise<BenchmarkEntry[]> {
  const { model, mix } = demo;
  const own = Math.max(...model.parts.map(({ model: { info } }) => info.segmentFrames / info.sampleRate));
  const overlap = overlapSeconds / (choice.segmentSeconds ?? own);
  const pass = await separate(demo, { ...choice, overlap }, signal);
  const joins = joinsOf(mix.frames, Math.round(pass.segmentSeconds * model.rate), overlap);
  const { residualDb, restResidualDb, roughnessDb } = await measureJoins({ mix: mix.path, stems: pass.outputs, channels: model.channels, joins, rate: model.rate }, signal);
  return [
    fixed(name, 'x real time', mix.frames / model.rate / pass.seconds),
    ...memoryEntries(name, demo, { ...choice, budgetBytes: null }),
    fixed(`${name}, mix − Σ at joins`, 'dBFS', residualDb),
    fixed(`${name}, mix − Σ elsewhere`, 'dBFS', restResidualDb),
    fixed(`${name}, second differences at joins`, 'dB', roughnessDb),
  ];
}

function fixed(name: string, unit: string, value: number): BenchmarkEntry {
  return { name, unit, median: value, low: value, high: value, noise: 0, allocations: null, peer: null, ratio: null };
}
