import { decodePeaks, type Peaks } from '../units/peaks.ts';
import { originalName, type Lane } from './song.ts';
import type { Parts } from './state.ts';

/** Fetches every lane's peaks; while a song is being separated they are fetched again as it grows, never twice at once. */
export function peakLoading({ client, set, get }: Parts): () => Promise<void> {
  let isBusy = false;
  let isStale = false;
  /** The address that the original's were read from: they are whole from the start. */
  let original = '';

  const read = async ({ name, source }: Lane): Promise<[name: string, peaks: Peaks] | null> => {
    if (source === null || (name === originalName && original === source.peaks && get().peaks[name] !== undefined)) return null;
    const bytes = await client.read(source.peaks).catch((error: unknown) => {
      // A song's live tracks go when another begins; its project has its own.
      if (get().shown?.kind === 'item') return null;
      throw error;
    });
    if (bytes === null) return null;
    const peaks = decodePeaks(bytes);
    if (name === originalName) original = source.peaks;
    return [name, peaks];
  };
  const load = async (): Promise<void> => {
    const lanes = get().song?.lanes ?? [];
    const found = (await Promise.all(lanes.map(read))).filter((each) => each !== null);
    const isCurrent = ([name]: (typeof found)[number]): boolean => {
      const address = lanes.find((lane) => lane.name === name)?.source?.peaks;
      return get().song?.lanes.some((lane) => lane.name === name && lane.source?.peaks === address) === true;
    };
    // All at once: the lanes grow together.
    set((state) => ({ peaks: { ...state.peaks, ...Object.fromEntries(found.filter(isCurrent)) } }));
  };
  return async () => {
    isStale = true;
    if (isBusy) return;
    isBusy = true;
    // Each look starts after the last change, and no look is left out.
    for (; isStale; ) {
      isStale = false;
      await get().attempt(load);
    }
    isBusy = false;
  };
}
