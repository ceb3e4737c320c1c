import { hopOf, tileColumns, tileRows } from '../units/spectrum.ts';
import type { SpectrumSlice } from './arrangement.ts';
import type { Parts } from './state.ts';

/** 64 kB each, and four times that where they are drawn: more than all lanes of a large screen show. */
const mostTiles = 400;
const atOnce = 4;

interface Wanted {
  address: string;
  level: number;
  index: number;
}

/** Tiles of spectra: fetched when they are asked for, those next to what is shown first, the longest unused forgotten. */
export function createSpectrumSlice({ client, get }: Parts): SpectrumSlice {
  /** Null: it could not be read, and is not asked for again. */
  const tiles = new Map<string, Uint8Array | null>();
  const wanted = new Map<string, Wanted>();
  const listeners = new Set<() => void>();
  let running = 0;
  let generation = 0;

  const distance = ({ level, index }: Wanted): number => {
    const { window, song } = get();
    const centre = (window.start + window.span / 2) * (song?.rate ?? 0);
    return Math.abs((index + 0.5) * tileColumns * hopOf(level) - centre);
  };
  const fetchTile = async (key: string, { address, level, index }: Wanted): Promise<void> => {
    const asked = generation;
    const bytes = await client.read(`${address}/${level}/${index}`).catch(() => null);
    running -= 1;
    if (asked === generation) {
      tiles.set(key, bytes?.byteLength === tileColumns * tileRows ? new Uint8Array(bytes) : null);
      for (const oldest of tiles.keys()) {
        if (tiles.size <= mostTiles) break;
        tiles.delete(oldest);
      }
      for (const listener of listeners) listener();
    }
    pump();
  };
  const pump = (): void => {
    while (running < atOnce && wanted.size > 0) {
      const [key, next] = [...wanted].reduce((nearest, each) => (distance(each[1]) < distance(nearest[1]) ? each : nearest));
      wanted.delete(key);
      running += 1;
      void fetchTile(key, next);
    }
  };
  return {
    spectrumTile: (address, level, index) => {
      const key = `${address}/${level}/${index}`;
      const found = tiles.get(key);
      if (found !== undefined) {
        tiles.delete(key);
        tiles.set(key, found);
        return found ?? undefined;
      }
      // Tiles of another zoom are no longer in sight.
      for (const [old, { address: lane, level: shown }] of wanted) if (lane === address && shown !== level) wanted.delete(old);
      if (!wanted.has(key)) wanted.set(key, { address, level, index });
      queueMicrotask(pump);
      return undefined;
    },
    onSpectrum: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    forgetSpectra: () => {
      generation += 1;
      tiles.clear();
      wanted.clear();
    },
  };
}
