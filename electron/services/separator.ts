import type { SeparationOptions, SeparationProgress, SeparationReport } from '../contract/separation.ts';
import { loadNative } from '../engine/load.ts';
import type { NativeModule } from '../engine/native.ts';
import { userFolders } from './folders.ts';
import { ModelStore } from './model-store.ts';
import { findModel, loadModel, type LoadedModel } from './models.ts';
import { separate, type Song } from './separate.ts';
import { Tracer } from './trace.ts';

/** Separates songs one after the other with one model, which is loaded for the first. */
export class Separator {
  readonly tracer = new Tracer();
  readonly #options: SeparationOptions;
  readonly #folder: string;
  readonly #native: NativeModule;
  #model: Promise<LoadedModel> | null = null;

  /** @param folder what a relative path in `options.model` is meant against */
  constructor(options: SeparationOptions, folder: string, native: NativeModule = loadNative()) {
    this.#options = options;
    this.#folder = folder;
    this.#native = native;
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
    });
  }

  async #load(): Promise<LoadedModel> {
    const store = new ModelStore(userFolders().data);
    return loadModel(this.#native, await findModel(store, this.#options.model, this.#folder));
  }

  async dispose(): Promise<void> {
    const model = await this.#model?.catch(() => null);
    model?.dispose();
  }
}
