import { rm, stat } from 'node:fs/promises';
import type { NativeModule } from '../engine/native.ts';
import { JobFolder } from './job-folder.ts';
import { writeResponse } from './response-files.ts';
import { Turns } from './turns.ts';

export interface ResponseTrack {
  path: string;
  channels: number;
  rate: number;
  frames: number;
}

/** Enough for the chains of a song and for going through a list. */
const mostTracks = 48;

/** Responses as tracks, so that turning a knob decodes nothing. Those that were not asked for in a while are forgotten. */
export class ResponseTracks {
  readonly #native: NativeModule;
  readonly #out: string;
  readonly #turns = new Turns();
  readonly #tracks = new Map<string, ResponseTrack>();
  #folder: JobFolder | null = null;
  #made = 0;

  /** @param out gets a temporary folder once something is asked for */
  constructor(native: NativeModule, out: string) {
    this.#native = native;
    this.#out = out;
  }

  /**
   * @param files left and right half, or one
   * @param rate null: the files' own
   * @throws StemwrightError 'input' when they cannot be used
   */
  get(files: readonly string[], rate: number | null): Promise<ResponseTrack> {
    return this.#turns.take('tracks', async () => {
      const stamps = await Promise.all(files.map((file) => stat(file).then(({ size, mtimeMs }) => [size, mtimeMs], () => null)));
      const key = JSON.stringify([files, stamps, rate]);
      const known = this.#tracks.get(key);
      const track = known ?? (await this.#write(files, rate));
      this.#tracks.delete(key);
      this.#tracks.set(key, track);
      await this.#forget();
      return track;
    });
  }

  async close(): Promise<void> {
    await this.#turns.take('tracks', async () => {
      this.#tracks.clear();
      await this.#folder?.remove();
      this.#folder = null;
    });
  }

  async #write(files: readonly string[], rate: number | null): Promise<ResponseTrack> {
    this.#folder ??= await JobFolder.create(this.#out);
    const folder = this.#folder;
    const path = folder.file(`response-${this.#made++}.f32`);
    try {
      return { path, ...(await writeResponse(this.#native, files, rate, path, (name) => folder.file(name))) };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  async #forget(): Promise<void> {
    for (const [key, { path }] of [...this.#tracks].slice(0, Math.max(0, this.#tracks.size - mostTracks))) {
      this.#tracks.delete(key);
      await rm(path, { force: true }).catch(() => undefined);
    }
  }
}
