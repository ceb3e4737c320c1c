import type { ItemPlan, QueueOptions } from '../client/contract.ts';
import { costKeys, costVariants, type CostKey } from './cost-variants.ts';
import type { CostsSlice, Parts, StudioState } from './state.ts';

const restMs = 350;

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
        const others = Object.fromEntries(Object.entries(costs).filter(([known]) => known !== key));
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
