import type { SeparationOptions, SeparationProgress, SeparationReport } from '../contract/separation.ts';
import { loadNative } from '../engine/load.ts';
import type { NativeModule } from '../engine/native.ts';
import { userFolders } from './folders.ts';
import { GpuChooser } from './gpu.ts';
import { HardwareService } from './hardware.ts';
import type { ModelStore } from './model-store.ts';
import { findModel, loadModel, type LoadedModel } from './models.ts';
import { separate, type SeparationContext, type Song } from './separate.ts';
import { asFiles } from './song-files.ts';
import { Tracer } from './trace.ts';
import { userModels } from './user-models.ts';

export interface SeparatorSetting {
  native?: NativeModule | undefined;
  /** Holds the installed models; absent: the user's. */
  models?: ModelStore | undefined;
  /** Else the stems become plain files. */
  deliver?: SeparationContext['deliver'] | undefined;
  onTracks?: SeparationContext['onTracks'];
  onStart?: SeparationContext['onStart'];
  /** Absent: no limit. */
  memoryBudgetBytes?: number | null;
  /** Absent: one of its own, in the user's data folder. */
  gpu?: GpuChooser | undefined;
  /** Null: the one that Auto takes. */
  gpuDevice?: string | null;
  /** A sentence on what makes no song worse, but the next one slower to begin. */
  onNotice?: (message: string) => void;
}

/** Separates songs one after the other with one model, which is loaded for the first. */
export class Separator {
  readonly tracer: Tracer;
  readonly #options: SeparationOptions;
  readonly #folder: string;
  readonly #native: NativeModule;
  readonly #setting: SeparatorSetting;
  #model: Promise<LoadedModel> | null = null;
  #gpu: GpuChooser | null = null;
  #hardware: HardwareService | null = null;

  /** @param folder what a relative path in `options.model` is meant against */
  constructor(options: SeparationOptions, folder: string, setting: SeparatorSetting = {}) {
    this.#options = options;
    this.#folder = folder;
    this.#setting = setting;
    this.#native = setting.native ?? loadNative();
    this.tracer = new Tracer(options.trace === null ? null : this.#native);
  }

  /** @throws StemwrightError */
  separate(song: Song, signal: AbortSignal, onProgress: (progress: SeparationProgress) => void): Promise<SeparationReport> {
    return separate(song, {
      native: this.#native,
      model: () => (this.#model ??= this.#load()),
      options: this.#options,
      tracer: this.tracer,
      signal,
      onProgress,
      onTracks: this.#setting.onTracks,
      onStart: this.#setting.onStart,
      memoryBudgetBytes: this.#setting.memoryBudgetBytes ?? null,
      gpu: (this.#gpu ??= this.#setting.gpu ?? this.#ownGpu()),
      gpuDevice: this.#setting.gpuDevice ?? null,
      deliver: this.#setting.deliver ?? asFiles(this.#options, this.tracer, signal),
    });
  }

  async #load(): Promise<LoadedModel> {
    return loadModel(this.#native, await findModel(this.#setting.models ?? userModels(), this.#options.model, this.#folder), this.#options);
  }

  /** Heeds heat and power as the studio does, by its settings' defaults. */
  #ownGpu(): GpuChooser {
    const hardware = new HardwareService({ native: this.#native, onChange: () => undefined, onPressure: () => undefined });
    this.#hardware = hardware;
    const gpu = new GpuChooser(this.#native, userFolders().data, hardware, this.#setting.onNotice ?? (() => undefined));
    hardware.configure({ hasGpu: this.#options.backend === 'auto' && gpu.device(this.#setting.gpuDevice ?? null) !== undefined });
    return gpu;
  }

  async dispose(): Promise<void> {
    this.#hardware?.close();
    const model = await this.#model?.catch(() => null);
    model?.dispose();
  }
}
