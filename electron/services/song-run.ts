import type { ItemProgress, QueueItem, QueueOptions } from '../contract/queue.ts';
import { SeparationOptions, type SeparationProgress, type Warning } from '../contract/separation.ts';
import type { NativeJob, NativeModule } from '../engine/native.ts';
import type { ModelStore } from './model-store.ts';
import type { PaceHistory } from './plan.ts';
import { asProject } from './project-delivery.ts';
import { ProjectLibrary } from './projects.ts';
import type { TracksInWork } from './separate.ts';
import { Separator } from './separator.ts';

export interface SongRunSetting {
  native: NativeModule;
  models: ModelStore;
  projectsFolder: string;
  history: PaceHistory;
  /** Whether the song's file stays when its item has gone. */
  keepsPath: (path: string) => boolean;
  /** What options without a thread count mean. */
  threads: () => number;
  onProgress: (progress: ItemProgress) => void;
}

/** Makes projects of the queue's songs, and says where the one that runs has got to. */
export class SongRun {
  readonly #setting: SongRunSetting;
  #progress: ItemProgress | null = null;
  #tracks: TracksInWork | null = null;
  #job: NativeJob | null = null;

  constructor(setting: SongRunSetting) {
    this.#setting = setting;
  }

  get progress(): ItemProgress | null {
    return this.#progress;
  }

  /** @param index of the track among those of `progress.live` */
  trackPath(id: string, index: number, ending: 'f32' | 'peaks'): string | null {
    const path = this.#progress?.id === id && this.#progress.live !== null ? [...(this.#tracks?.paths.values() ?? [])][index] : undefined;
    return path?.replace(/f32$/, ending) ?? null;
  }

  /** What is not done from there outwards comes next. Nothing for an item that does not run. */
  focus(id: string, seconds: number): void {
    if (this.#progress?.id === id && this.#tracks !== null) {
      this.#job?.focus(Math.min(this.#tracks.frames - 1, Math.round(seconds * this.#tracks.rate)));
    }
  }

  async run(item: QueueItem, signal: AbortSignal): Promise<{ project: string; warnings: Warning[] }> {
    const { native, models, history, keepsPath } = this.#setting;
    const project = ProjectLibrary.newId();
    const threads = item.options.threads ?? this.#setting.threads();
    const separator = new Separator(this.#options(item.options, threads), '/', {
      native,
      models,
      deliver: asProject(native, { id: project, sourcePath: keepsPath(item.path) ? item.path : null }),
      onTracks: (tracks, job) => {
        this.#tracks = tracks;
        this.#job = job;
      },
    });
    try {
      const report = await separator.separate({ path: item.path, name: item.title }, signal, (progress) => {
        this.#note(item, progress);
      });
      await history.note(item.options, threads, report);
      return { project, warnings: report.warnings };
    } finally {
      this.#progress = null;
      this.#tracks = null;
      this.#job = null;
      await separator.dispose();
    }
  }

  #note({ id, options }: QueueItem, progress: SeparationProgress): void {
    const live = progress.phase === 'separate' && progress.finished.length > 0 ? this.#live(id) : null;
    this.#progress = { id, mode: options.mode, progress, live };
    this.#setting.onProgress(this.#progress);
  }

  #live(id: string): ItemProgress['live'] {
    if (this.#tracks === null) {
      return null;
    }
    const { rate, channels, frames, paths } = this.#tracks;
    const address = (index: number, ending: string) => `tracks/job/${id}/${index}.${ending}`;
    return { rate, channels, frames, tracks: [...paths.keys()].map((name, index) => ({ name, samples: address(index, 'f32'), peaks: address(index, 'peaks') })) };
  }

  #options(options: QueueOptions, threads: number): SeparationOptions {
    return SeparationOptions.parse({
      ...options,
      threads,
      out: this.#setting.projectsFolder,
      ...{ twoStems: null, format: 'wav32f', clipMode: null, rate: 'source', precision: 'fp32', backend: 'auto', trace: null },
    });
  }
}
