import type { Project, QueueOptions } from '../client/contract.ts';
import { formatPosition } from '../units/time.ts';
import type { RegionSlice } from './arrangement.ts';
import type { Parts } from './state.ts';

/** Passes over the song: overlapping segments, and one for each shift. */
const passes = ({ overlap, shifts }: { overlap: number; shifts: number }): number => Math.max(1, shifts) / (1 - overlap);

/**
 * What a region would take, from what the whole song took: null for a model or mode that this song was not separated with.
 * @param length of the region, seconds; a segment's lead-in on either side comes on top
 */
function redoSeconds({ report }: Project, options: QueueOptions, length: number): number | null {
  if (report.model.id !== options.model || report.mode !== options.mode) return null;
  const margin = report.segmentSeconds * report.overlap * 2;
  return ((length + margin) / report.realtimeFactor) * (passes(options) / passes(report));
}

/** Redoing a part of a project: asked for here, worked on by the queue, put in place when it is done. */
export function createRegionSlice({ client, set, get }: Parts): RegionSlice {
  /** Items of the queue that have not ended yet. */
  const open = new Set<string>();
  let runs = 0;
  let last: QueueOptions | null = null;

  const framesOf = ({ rate, frames }: Project, loop: readonly [number, number]): { start: number; end: number } => ({
    ...{ start: Math.round(loop[0] * rate), end: Math.min(frames, Math.round(loop[1] * rate)) },
  });
  const planRegion = (options: QueueOptions): void => {
    const { finished, loop } = get();
    const run = ++runs;
    last = options;
    if (finished === null || loop === null) return;
    const own = redoSeconds(finished, options, loop[1] - loop[0]);
    set({ regionTime: own === null ? null : { seconds: own, isRough: false, isOfThisSong: true } });
    if (own !== null) return;
    // What cannot be foretold has no figure; redoing it says why.
    void client.request('projects.planRedo', { id: finished.id, ...framesOf(finished, loop), options }).then(
      ({ seconds, isRough }) => {
        if (run === runs && seconds !== null) set({ regionTime: { seconds, isRough, isOfThisSong: false } });
      },
      () => undefined,
    );
  };

  const land = async (project: string, words: string): Promise<void> => {
    if (get().finished?.id !== project) return;
    get().refresh(await client.request('projects.open', { id: project }));
    get().noteRegion();
    get().notify('ok', words, '', { label: 'Undo', run: () => void get().undo() });
  };
  return {
    isRegionOpen: false,
    regionTime: null,
    planRegion,
    replanRegion: () => {
      if (get().isRegionOpen && last !== null) planRegion(last);
    },
    openRegion: () => {
      const { finished, loop, selection, notify } = get();
      if (finished === null) return;
      if (loop === null && selection === null) notify('ok', 'Drag over the ruler first: that region is then done anew.');
      else if (loop === null) get().loopSelection();
      set({ isRegionOpen: get().loop !== null });
    },
    closeRegion: () => {
      set({ isRegionOpen: false });
    },
    redoRegion: ({ options, stems }) => {
      const { finished, loop, attempt } = get();
      if (finished === null || loop === null) return;
      set({ isRegionOpen: false });
      void attempt(async () => {
        const item = await client.request('projects.redo', { id: finished.id, ...framesOf(finished, loop), stems, options });
        open.add(item.id);
        await client.request('queue.start', null);
      });
    },
    followRegions: () => {
      for (const { id, state, redo, options } of get().items) {
        if (redo === null) continue;
        if (state === 'waiting' || state === 'running') open.add(id);
        else if (open.delete(id) && state === 'done') {
          const rate = get().finished?.rate ?? 1;
          const place = (frame: number): string => formatPosition(frame / rate).slice(0, -2);
          const how = options.shifts > 1 ? ` with ${options.shifts} shifts` : '';
          void get().attempt(() => land(redo.project, `${place(redo.start)} to ${place(redo.end)} was done anew${how}.`));
        }
      }
    },
  };
}
