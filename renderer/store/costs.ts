import type { ItemPlan, QueueOptions } from '../client/contract.ts';
import type { CostsSlice, Parts, StudioState } from './state.ts';

const restMs = 350;

export const costKeys = ['now', 'mode', 'overlap', 'shifts', 'segment'] as const;
export type CostKey = (typeof costKeys)[number];

/** The choices as they stand, and each of them changed to what one would compare with. */
export function costVariants(options: QueueOptions): Record<CostKey, QueueOptions> {
  return {
    now: options,
    mode: { ...options, mode: options.mode === 'full' ? 'time-only' : 'full' },
    overlap: { ...options, overlap: options.overlap === 0.5 ? 0.25 : 0.5 },
    shifts: { ...options, shifts: options.shifts >= 2 ? 0 : 2 },
    segment: { ...options, segmentSeconds: options.segmentSeconds === null ? 30 : null },
  };
}

/** The song that choices are about: the one that is shown, else the next one. */
function songAtHand({ shown, items, finished }: StudioState): { path: string } | null {
  if (finished !== null) return finished.sourcePath === null || finished.sourceMissing ? null : { path: finished.sourcePath };
  const item = items.find(({ id }) => id === shown?.id) ?? items.find(({ state }) => state === 'waiting' || state === 'running');
  return item ?? null;
}

export function createCostsSlice({ client, set, get }: Parts): CostsSlice {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let run = 0;
  let last = '';

  const plan = async (path: string, variants: Record<CostKey, QueueOptions>, mine: number): Promise<void> => {
    for (const key of costKeys) {
      // What cannot be planned has no figure; the song itself says why.
      const answer: ItemPlan | null = await client.request('queue.plan', { path, options: variants[key] }).catch(() => null);
      if (mine !== run) return;
      set(({ costs }) => {
        const { [key]: before, ...others } = costs;
        return { costs: answer === null ? others : { ...others, [key]: answer } };
      });
    }
  };
  return {
    costs: {},
    planCosts: () => {
      const song = songAtHand(get());
      const variants = costVariants(get().settings.lastOptions);
      const about = song === null ? '' : song.path;
      if (about !== last) set({ costs: {} });
      last = about;
      clearTimeout(timer);
      const mine = ++run;
      if (song === null) return;
      timer = setTimeout(() => {
        void plan(song.path, variants, mine);
      }, restMs);
    },
  };
}
