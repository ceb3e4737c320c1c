import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, extname, join } from 'node:path';
import { cancelled, fromWriteError, printable, StemwrightError } from '../contract/errors.ts';
import type { SeparationMode } from '../contract/model.ts';
import { SeparationReport, type SeparationOptions, type SeparationProgress, type StemReport, type Warning } from '../contract/separation.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeJob } from '../engine/native-jobs.ts';
import type { NativeModule, TrackStats } from '../engine/native.ts';
import { decode, decodedChannels, undecodable } from '../media/decode.ts';
import { writableRate } from '../media/formats.ts';
import { probe, type MediaInfo } from '../media/probe.ts';
import { convert, type RawTrack } from '../media/resample.ts';
import { fillTrack, type SeparationDone } from './engine-run.ts';
import type { ComputePlace, GpuChooser } from './gpu.ts';
import { JobFolder } from './job-folder.ts';
import { toDb } from './levels.ts';
import { planMemory } from './memory.ts';
import type { LoadedModel } from './models.ts';
import { downmixWarnings, sourceWarnings } from './source-warnings.ts';
import { finishStems, groupStems, type StemGroup, type StemTrack } from './stems.ts';
import type { Tracer } from './trace.ts';

export interface SeparationContext {
  native: NativeModule;
  /** Called once the song has proved readable; may hand out one model again and again. */
  model: () => Promise<LoadedModel>;
  options: SeparationOptions;
  tracer: Tracer;
  signal: AbortSignal;
  onProgress: (progress: SeparationProgress) => void;
  /** Null: no limit. */
  memoryBudgetBytes: number | null;
  gpu: GpuChooser;
  /** Id; null: the one that Auto takes. */
  gpuDevice: string | null;
  /** Told where the song and its sources are being written, before their first segment, and who writes them. */
  onTracks?: ((tracks: TracksInWork) => Promise<void>) | undefined;
  onStart?: ((job: NativeJob) => void) | undefined;
  /** Puts the stems into `folder.resultPath` and publishes them. */
  deliver: (song: SeparatedSong) => Promise<SeparationReport>;
}

/** At the model's rate: the song, and its sources, which are silent where nothing is final yet. */
export interface TracksInWork {
  rate: number;
  channels: 1 | 2;
  frames: number;
  original: string;
  sources: ReadonlyMap<string, string>;
}

export interface Song {
  path: string;
  name: string | null;
}

/**
 * One song into stems: `<out>/<song name>/` with what `deliver` makes of them and `separation.json`, all at once when
 * everything is done.
 * @param song `path` is absolute; its folder is named after `name`, or after the file when that is null
 * @throws StemwrightError; nothing is left behind then
 */
export async function separate(song: Song, context: SeparationContext): Promise<SeparationReport> {
  try {
    const info = await probe(song.path, context.signal);
    context.onProgress({ phase: 'load', fraction: 0, etaSeconds: null, finished: [] });
    const model = await context.tracer.span('load', context.model);
    const { backend, precision, threads } = context.options;
    const wish = { backend, precision, device: context.gpuDevice, threads: threads ?? context.native.info().hardwareThreads };
    const place = await context.tracer.span('prepare the GPU', () => context.gpu.place(model, wish));
    const folder = await JobFolder.create(context.options.out);
    try {
      return await new Separation(context, song.name ?? basename(info.path, extname(info.path)), info, model, folder, place).run();
    } finally {
      await folder.remove();
    }
  } catch (error) {
    throw context.signal.aborted ? cancelled() : fromWriteError(fromNative(error), context.options.out);
  }
}

export function unprovenMode({ id, modes }: LoadedModel, mode: SeparationMode): Warning[] {
  return modes.includes(mode) ? [] : [{ code: 'unproven-mode', message: `model ${printable(id)} was not trained for ${mode}: the quality is unknown` }];
}

interface Source extends RawTrack {
  stats: TrackStats;
}

interface Stem extends StemTrack {
  /** Linear. */
  peak: number;
  /** Samples beyond full scale. */
  overs: number;
}

/** A song whose stems lie as tracks in the job's folder, for the one who delivers them. */
export interface SeparatedSong {
  readonly name: string;
  readonly info: MediaInfo;
  readonly folder: JobFolder;
  readonly signal: AbortSignal;
  /** The song as processed, of the same rate, channels and length as the stems. */
  readonly reference: RawTrack;
  readonly frames: number;
  readonly stems: readonly Stem[];
  /** How many coders to run at once. */
  readonly parallel: number;
  warn(code: Warning['code'], message: string): void;
  /** Begins a phase of so many steps; what it gives is called after each. */
  steps(phase: SeparationProgress['phase'], count: number): () => void;
  /** Adds `separation.json` to the results and moves them to their final place, of which `stems` is told. */
  publish(stems: (path: string) => StemReport[]): Promise<SeparationReport>;
}

/** One song on its way through the phases. */
class Separation {
  readonly #context: SeparationContext;
  readonly #name: string;
  readonly #info: MediaInfo;
  readonly #model: LoadedModel;
  readonly #folder: JobFolder;
  readonly #warnings: Warning[] = [];
  readonly #place: ComputePlace;
  #finished: [number, number][] = [];
  #done: SeparationDone | null = null;
  #segments = 0;

  constructor(context: SeparationContext, name: string, info: MediaInfo, model: LoadedModel, folder: JobFolder, place: ComputePlace) {
    this.#context = context;
    this.#name = name;
    this.#info = info;
    this.#model = model;
    this.#folder = folder;
    this.#place = place;
    place.warnings.forEach(({ code, message }) => {
      this.#warn(code, message);
    });
  }

  async run(): Promise<SeparationReport> {
    const { options, tracer } = this.#context;
    const start = performance.now();
    const groups = groupStems(this.#model.sources, options);
    this.#noteModel();
    const source = await tracer.span('decode', () => this.#decode());
    const mix = await tracer.span('resample', () => this.#toModel(source));
    const { separated, segmentSeconds } = await this.#separate(mix);
    const reference = await tracer.span('reference', () => this.#toOutput(source));
    const { stems, nullDepthDb } = await tracer.span('finish', () => this.#finish(groups, separated, mix, reference));
    return this.#context.deliver({
      name: this.#name,
      info: this.#info,
      folder: this.#folder,
      signal: this.#context.signal,
      reference,
      frames: reference.stats.frames,
      stems,
      parallel: this.#parallel,
      warn: (code, message) => {
        this.#warn(code, message);
      },
      steps: (phase, count) => this.#steps(phase, count),
      publish: (delivered) =>
        this.#publish((path) => ({
          ...this.#settings(segmentSeconds),
          ...this.#outcome(source, (performance.now() - start) / 1000),
          stems: delivered(path),
          nullDepthDb,
        })),
    });
  }

  #publish(report: (path: string) => SeparationReport): Promise<SeparationReport> {
    return this.#folder.publish(this.#name, async (final) => {
      this.#context.signal.throwIfAborted();
      // Parsing puts the fields into the contract's order, and lets nothing pass that is no number.
      const published = SeparationReport.parse(report(final));
      await writeFile(join(this.#folder.resultPath, 'separation.json'), `${JSON.stringify(published, null, 2)}\n`, { flush: true });
      return published;
    });
  }

  /** Stems as they will be written, and how well all of them, written or not, sum to the song. */
  async #finish(groups: readonly StemGroup[], separated: ReadonlyMap<string, string>, mix: Source, reference: Source): Promise<{ stems: Stem[]; nullDepthDb: number | null }> {
    const spec = {
      file: (name: string) => this.#folder.file(name),
      separated,
      groups,
      from: { rate: mix.rate, channels: mix.channels },
      to: { rate: reference.rate, channels: reference.channels, frames: reference.stats.frames },
      reference: reference.path,
      exactSum: this.#context.options.exactSum,
      parallel: this.#parallel,
    };
    const { tracks, measures } = await finishStems(this.#context.native, spec, this.#steps('finish', groups.length), this.#context.signal);
    if (measures.nonFinite.some((count) => count > 0)) {
      throw new StemwrightError('model', `model ${printable(this.#model.id)} gives values that are not numbers`, 'Check it with `stemwright models verify`, or choose another model.');
    }
    const stems = tracks.map((track, index) => ({ ...track, peak: measures.peaks[index] ?? 0, overs: measures.overs[index] ?? 0 }));
    return { stems: stems.filter(({ isWritten }) => isWritten), nullDepthDb: toDb(measures.nullRms ?? 0) };
  }

  #settings(segmentSeconds: number) {
    const { mode, overlap, shifts, exactSum, precision, groupNorm } = this.#context.options;
    const { id, sha256, sources } = this.#model;
    return {
      version: 1 as const,
      model: { id, sha256, sources },
      mode,
      ...this.#computedOn(),
      ...{ precision, groupNorm },
      threads: this.#threads,
      ...{ segmentSeconds, overlap, shifts, exactSum },
    };
  }

  /** A device that went away half-way shares the credit. */
  #computedOn(): { backend: 'cpu' | 'gpu'; device: string } {
    const { isa, bf16 } = this.#context.native.info();
    const level = this.#context.options.precision === 'bf16' ? `${isa}, ${bf16}` : isa;
    const cpu = `${cpus()[0]?.model ?? 'unknown processor'} (${level})`;
    const { gpu } = this.#place;
    if (gpu === null || this.#onGpu === 0) {
      return { backend: 'cpu', device: cpu };
    }
    const isLost = (this.#done?.gpuFault ?? '') !== '';
    return { backend: 'gpu', device: isLost ? `${gpu}, then ${cpu}` : this.#onGpu < this.#segments ? `${gpu} and ${cpu}` : gpu };
  }

  /** Segments that a GPU computed. */
  get #onGpu(): number {
    return this.#done?.gpuSegments ?? 0;
  }

  #outcome({ stats, rate }: Source, seconds: number) {
    const { path, channels, tags } = this.#info;
    const audioSeconds = stats.frames / rate;
    return {
      input: { path, rate, channels, samples: stats.frames, tags },
      audioSeconds,
      seconds,
      loadSeconds: this.#model.loadSeconds,
      realtimeFactor: audioSeconds / seconds,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      warnings: this.#warnings,
    };
  }

  get #threads(): number {
    return this.#context.options.threads ?? this.#context.native.info().hardwareThreads;
  }

  /** ffmpeg's resampler and coders use one core each. */
  get #parallel(): number {
    return Math.min(this.#threads, 4);
  }

  #warn(code: Warning['code'], message: string): void {
    this.#warnings.push({ code, message });
  }

  #progress(phase: SeparationProgress['phase'], fraction: number, etaSeconds: number | null = null): void {
    this.#context.onProgress({ phase, fraction: Math.min(1, Math.max(0, fraction)), etaSeconds, finished: this.#finished });
  }

  #steps(phase: SeparationProgress['phase'], count: number): () => void {
    let done = 0;
    this.#progress(phase, 0);
    return () => {
      this.#progress(phase, ++done / count);
    };
  }

  #noteModel(): void {
    this.#warnings.push(...unprovenMode(this.#model, this.#context.options.mode));
  }

  async #decode(): Promise<Source> {
    const info = this.#info;
    const { rate } = info;
    const channels = decodedChannels(info);
    const path = this.#folder.file('source.f32');
    const expected = (info.claimedSeconds ?? 0) * rate * channels * 4;
    this.#progress('decode', 0);
    const { stats, result } = await fillTrack(this.#context.native, { path, channels }, decode(info, this.#context.signal), (bytes) => {
      this.#progress('decode', expected > 0 ? bytes / expected : 0);
    });
    if (stats.frames === 0) {
      throw undecodable(info, result);
    }
    this.#warnings.push(...downmixWarnings(info), ...sourceWarnings(info, stats, result.lines));
    return { path, rate, channels, stats };
  }

  #toModel(source: Source): Promise<Source> {
    return this.#converted(source, 'mix.f32', this.#model.rate, this.#model.channels);
  }

  /** The source as the stems will be, so that it can be held against their sum. */
  #toOutput(source: Source): Promise<Source> {
    const { format, rate } = this.#context.options;
    const wanted = rate === 'source' ? source.rate : rate;
    const written = writableRate(format ?? 'wav24', wanted);
    if (written !== wanted) {
      this.#warn('rate-changed', `${format ?? 'wav24'} cannot hold ${wanted} Hz: stems are written at ${written} Hz`);
    }
    const channels = source.channels === 2 && this.#model.channels === 2 ? 2 : 1;
    return this.#converted(source, 'reference.f32', written, channels);
  }

  async #converted(source: Source, name: string, rate: number, channels: 1 | 2): Promise<Source> {
    if (source.rate === rate && source.channels === channels) {
      return source;
    }
    this.#progress('resample', 0);
    const path = this.#folder.file(name);
    const frames = Math.max(1, Math.round((source.stats.frames * rate) / source.rate));
    const { stats } = await fillTrack(this.#context.native, { path, channels }, convert(source, { rate, channels, frames }, this.#context.signal));
    return { path, rate, channels, stats };
  }

  async #separate(mix: Source): Promise<{ separated: Map<string, string>; segmentSeconds: number }> {
    const { gpu, options, signal, tracer } = this.#context;
    const separated = new Map(this.#model.sources.map((name, index) => [name, this.#folder.file(`source-${index}.f32`)]));
    const { frames, mean, std } = mix.stats;
    const { segmentSeconds } = planMemory(this.#model.parts, { ...options, threads: this.#threads, budgetBytes: this.#context.memoryBudgetBytes });
    await this.#context.onTracks?.({ rate: mix.rate, channels: mix.channels, frames, original: mix.path, sources: separated });
    let last = performance.now();
    const done = await gpu.run(
      this.#model,
      { backend: options.backend, gpu: this.#place.gpu },
      {
        input: mix.path,
        ...{ frames, mean, std },
        outputs: [...separated.values()],
        mode: options.mode,
        segmentSeconds,
        overlap: options.overlap,
        shifts: options.shifts,
        seed: options.seed,
        threads: this.#threads,
      },
      (event) => {
        tracer.add(`segment ${event.segment} of ${event.segments}`, last, performance.now());
        last = performance.now();
        this.#segments = event.segments;
        this.#finished = event.finished;
        this.#progress('separate', event.fraction, event.etaSeconds);
      },
      signal,
      this.#context.onStart,
    );
    this.#done = done;
    if (done.gpuFault !== undefined && done.gpuFault !== '') {
      this.#warn('gpu-lost', `${done.gpuFault}: the rest was computed on the processor`);
    } else if (this.#place.gpu !== null && done.held !== '') {
      this.#warn('gpu-held', `${this.#place.gpu} computed ${this.#onGpu} of ${this.#segments} segments only: ${done.held}`);
    }
    return { separated, segmentSeconds: done.segmentSeconds };
  }
}
