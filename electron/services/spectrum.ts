import { stat } from 'node:fs/promises';
import type { NativeModule } from '../engine/native.ts';

const columnsPerTile = 256;
const framesPerColumn = 512;
const tilesKept = 512;

/** Tiles of spectrograms, computed when they are asked for; those asked for last are kept. */
export class SpectrumTiles {
  readonly #native: Pick<NativeModule, 'spectrumTile'>;
  /** In the order of their last use. */
  readonly #kept = new Map<string, Promise<Uint8Array>>();

  constructor(native: Pick<NativeModule, 'spectrumTile'>) {
    this.#native = native;
  }

  /** @return null where the track has no such tile: the highest level is the first whose one tile covers it all */
  async tile(track: string, { channels, rate, frames }: { channels: number; rate: number; frames: number }, level: number, index: number): Promise<Uint8Array | null> {
    const framesPerTile = columnsPerTile * framesPerColumn * 2 ** level;
    if (index * framesPerTile >= frames || (level > 0 && framesPerTile / 2 >= frames)) {
      return null;
    }
    const info = await stat(track).catch(() => null);
    if (info === null) {
      return null;
    }
    // A part that was done anew changes the file's time.
    const key = JSON.stringify([track, info.mtimeMs, level, index]);
    const tile = this.#kept.get(key) ?? this.#native.spectrumTile({ track, channels, rate, level, index });
    this.#kept.delete(key);
    this.#kept.set(key, tile);
    tile.catch(() => this.#kept.delete(key));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > tilesKept && oldest !== undefined) {
      this.#kept.delete(oldest);
    }
    return tile;
  }

  /** Keeps nothing, as when memory is short. */
  release(): void {
    this.#kept.clear();
  }
}
