import { cancelled, fromWriteError } from '../contract/errors.ts';
import type { ItemProgress, QueueItem, QueueOptions, Redo } from '../contract/queue.ts';
import type { Settings } from '../contract/settings.ts';
import { SeparationOptions, type SeparationProgress, type Warning } from '../contract/separation.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeJob } from '../engine/native-jobs.ts';
import type { NativeModule } from '../engine/native.ts';
import type { GpuChooser } from './gpu.ts';
import { JobFolder } from './job-folder.ts';
import { LiveTracks } from './live-tracks.ts';
import type { ModelStore } from './model-store.ts';
import { findModel, loadModel } from './models.ts';
import { watchOthers } from './other-load.ts';
import type { PaceHistory } from './pace.ts';
import type { PlayableSong } from './playable-song.ts';
import { asProject } from './project-delivery.ts';
import type { ProjectEdits } from './project-edits.ts';
import type { ProjectLibrary } from './projects.ts';
import { computePatches } from './redo.ts';
import { unprovenMode } from './separate.ts';
import { Separator } from './separator.ts';

export interface SongRunSetting {
  native: NativeModule;
  models: ModelStore;
  library: ProjectLibrary;
  edits: ProjectEdits;
  history: PaceHistory;
  /** Whether the song's file stays when its item has gone. */
  keepsPath: (path: string) => boolean;
  /** What options without a thread count mean. */
  threads: () => number;
  memoryBudgetBytes: () => number | null;
  gpu: GpuChooser;
  /** What the user wants of them. */
  backend: () => Pick<Settings, 'backend' | 'gpuDevice'>;
  onProgress: (progress: ItemProgress) => void;
}

interface Outcome {
  project: string;
  warnings: Warning[];
}

/** Makes projects of the queue's songs, each with its item's id, and says where the one that runs has got to. */
export class SongRun {
  readonly #setting: SongRunSetting;
  readonly #live: LiveTracks;
  #progress: ItemProgress | null = null;
  #job: NativeJob | null = null;

  constructor(setting: SongRunSetting) {
    this.#setting = setting;
    this.#live = new LiveTracks(setting.library.folder);
  }

  get progress(): ItemProgress | null {
    return this.#progress;
  }

  /** @param index of the track among those of `progress.live` */
  trackPath(id: string, index: number, ending: 'f32' | 'peaks'): string | null {
    return this.#live.path(id, index, ending);
  }

  /** The song that runs, once something of it can be heard; null for any other. */
  playable(id: string): PlayableSong | null {
    const song = this.#progress?.id === id ? this.#live.playable(id) : null;
    return song === null ? null : { ...song, finished: this.#progress?.progress.finished ?? [] };
  }

  /** What is not done from there outwards comes next. Nothing for an item that does not run. */
  focus(id: string, seconds: number): void {
    const layout = this.#live.layout;
    if (this.#progress?.id === id && layout !== null) {
      this.#job?.focus(Math.max(0, Math.min(layout.frames - 1, Math.round(seconds * layout.rate))));
    }
  }

  async run(item: QueueItem, signal: AbortSignal): Promise<Outcome> {
    const threads = item.options.threads ?? this.#setting.threads();
    try {
      return await (item.redo === null ? this.#separate(item, threads, signal) : this.#redo(item, item.redo, threads, signal));
    } finally {
      this.#progress = null;
      this.#job = null;
    }
  }

  close(): Promise<void> {
    return this.#live.release();
  }

  async #separate(item: QueueItem, threads: number, signal: AbortSignal): Promise<Outcome> {
    const { native, models, library, history, keepsPath, memoryBudgetBytes, gpu, backend } = this.#setting;
    // A process that ended between the last rename and the queue's note of it has left a whole project.
    const made = await library.seek(item.id);
    if (made !== null) {
      return { project: item.id, warnings: made.report.warnings };
    }
    const separator = new Separator(this.#options(item.options, threads), '/', {
      native,
      models,
      memoryBudgetBytes: memoryBudgetBytes(),
      gpu,
      gpuDevice: backend().gpuDevice,
      deliver: asProject(native, { id: item.id, sourcePath: keepsPath(item.path) ? item.path : null }),
      onTracks: async (tracks) => {
        await native.writePeaks({ track: tracks.original, channels: tracks.channels });
        await this.#live.begin(item.id, tracks);
      },
      onStart: (job) => {
        this.#job = job;
      },
    });
    try {
      const wasBusy = watchOthers();
      const report = await separator.separate({ path: item.path, name: item.title }, signal, (progress) => {
        this.#note(item, progress, progress.finished.length > 0);
      });
      // Where both took part it tells of neither.
      const isShared = report.backend === 'gpu' && report.warnings.some(({ code }) => code === 'gpu-lost' || code === 'gpu-held');
      if (!isShared) {
        await history.note(item.options, threads, report, wasBusy());
      }
      return { project: item.id, warnings: report.warnings };
    } catch (error) {
      await this.#live.release();
      throw error;
    } finally {
      await separator.dispose();
    }
  }

  async #redo(item: QueueItem, redo: Redo, threads: number, signal: AbortSignal): Promise<Outcome> {
    const { native, models, library, edits, memoryBudgetBytes, gpu } = this.#setting;
    const { backend, gpuDevice: device } = this.#setting.backend();
    const { options } = item;
    const say = (progress: SeparationProgress) => {
      this.#note(item, progress, false);
    };
    say({ phase: 'load', fraction: 0, etaSeconds: null, finished: [] });
    const project = await library.find(redo.project);
    if (await edits.has(project, item.id)) {
      return { project: redo.project, warnings: [] };
    }
    const folder = await JobFolder.create(library.folder);
    try {
      const model = await loadModel(native, await findModel(models, options.model, '/'), options);
      try {
        const place = await gpu.place(model, { backend, device, precision: options.precision, threads });
        const patches = await computePatches({
          ...{ native, model, project, redo, options, threads, folder, signal },
          memoryBudgetBytes: memoryBudgetBytes(),
          gpu,
          where: { backend, gpu: place.gpu },
          onProgress: say,
          onStart: (job) => {
            this.#job = job;
          },
        });
        await library.withTracks(redo.project, (found) => edits.apply(found, { id: item.id, start: redo.start, end: redo.end, model: options.model, mode: options.mode }, patches, folder));
        return { project: redo.project, warnings: [...place.warnings, ...unprovenMode(model, options.mode)] };
      } finally {
        model.dispose();
      }
    } catch (error) {
      throw signal.aborted ? cancelled() : fromWriteError(fromNative(error), library.folder);
    } finally {
      await folder.remove();
    }
  }

  #note({ id, options }: QueueItem, progress: SeparationProgress, isHeard: boolean): void {
    this.#progress = { id, mode: options.mode, progress, live: isHeard ? this.#live.show() : null };
    this.#setting.onProgress(this.#progress);
  }

  #options(options: QueueOptions, threads: number): SeparationOptions {
    return SeparationOptions.parse({
      ...options,
      threads,
      out: this.#setting.library.folder,
      ...{ twoStems: null, format: 'wav32f', clipMode: null, rate: 'source', backend: this.#setting.backend().backend, trace: null },
    });
  }
}
