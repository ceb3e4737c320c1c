import { join } from 'node:path';
import type { ModelDescriptor } from '../contract/model.ts';
import { loadNative } from '../engine/load.ts';
import type { NativeModule } from '../engine/native.ts';
import type { Precision } from '../weights/convert.ts';
import { measureConversion, type ConversionCost } from './evaluate.ts';
import { assetsFolder } from './folders.ts';
import { convertInstalled, importModel, listModels, verifyModel } from './models.ts';
import type { Manifest, ModelStore } from './model-store.ts';
import { downloadOfficial } from './official-models.ts';
import { userModels } from './user-models.ts';

/** Demo song with its true stems. */
export const demoFolder = join(assetsFolder, 'demo');

/** What can be done with the models of this machine. Every method may throw a StemwrightError. */
export class ModelLibrary {
  readonly #store: ModelStore;

  readonly #native: () => NativeModule;

  constructor(store: ModelStore = userModels(), native: () => NativeModule = loadNative) {
    this.#native = native;
    this.#store = store;
  }

  list(): Promise<ModelDescriptor[]> {
    return listModels(this.#store);
  }

  import(path: string, name: string | null): Promise<Manifest> {
    return importModel(this.#native(), this.#store, path, name);
  }

  download(id: string, signal: AbortSignal, onProgress: (file: string, bytes: number, total: number | null) => void): Promise<Manifest> {
    let current = '';
    return downloadOfficial(this.#store, id, {
      signal,
      onFile: (file, index, count) => {
        current = `${file} (${index + 1} of ${count})`;
      },
      onProgress: (bytes, total) => {
        onProgress(current, bytes, total);
      },
    });
  }

  async convert(id: string, precision: Precision, signal: AbortSignal): Promise<{ manifest: Manifest; cost: ConversionCost }> {
    const manifest = await convertInstalled(this.#store, id, precision);
    try {
      return { manifest, cost: await measureConversion(demoFolder, id, manifest.id, signal) };
    } catch (error) {
      await this.#store.remove(manifest.id);
      throw error;
    }
  }

  verify(id: string): Promise<{ sha256: string }> {
    return verifyModel(this.#native(), this.#store, id);
  }

  remove(id: string): Promise<void> {
    return this.#store.remove(id);
  }
}
