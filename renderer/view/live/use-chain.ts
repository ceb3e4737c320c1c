import { effectsOf, shownStrip } from '../../store/rack.ts';
import type { PlacedEffect } from '../../store/types.ts';
import { useStudio } from '../studio-context.ts';

export interface ShownChain {
  /** By slot; null: nothing there. */
  effects: readonly (PlacedEffect | null)[];
  slot: number;
  /** What is selected. */
  placed: PlacedEffect | null;
  /** Its track is not loaded, or no sound is open. */
  isAbsent: boolean;
}

/** The chain that is shown, and what of it is selected. */
export function useChain(): ShownChain {
  const { monitor, source, isSend, slot } = useStudio((state) => ({ monitor: state.monitor, source: state.source, isSend: state.isSend, slot: state.slot }));
  const strip = shownStrip({ monitor, source, isSend });
  const effects = effectsOf(monitor, strip);
  return { effects, slot, placed: effects[slot] ?? null, isAbsent: monitor === null || strip === null };
}
