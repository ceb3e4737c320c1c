import type { ModeLoad, MonitorState, ReverbEffect } from '../client/contract.ts';
import type { ModeLoadsSlice } from './live.ts';
import { effectsOf, shownStrip } from './rack.ts';
import type { Parts } from './state.ts';

/** All that the load depends on. */
export function modesKey({ response, edit, blockSize, isThreaded }: ReverbEffect, { rate, blockFrames, device }: MonitorState): string {
  return JSON.stringify([response, edit, blockSize, isThreaded, rate, blockFrames, device]);
}

export function createModeLoadsSlice({ client, set, get }: Parts): ModeLoadsSlice {
  let asked = '';
  return {
    modeLoads: null,
    measureModes: () => {
      const { monitor, slot } = get();
      const effect = effectsOf(monitor, shownStrip(get()))[slot]?.effect;
      if (monitor === null || effect?.kind !== 'reverb') return;
      const key = modesKey(effect, monitor);
      if (asked === key) return;
      asked = key;
      const tell = (loads: readonly ModeLoad[]): void => {
        if (asked === key) set({ modeLoads: { key, loads } });
      };
      // Why it cannot be measured is why it cannot be heard, which is said there.
      client.request('monitor.measureModes', { effect }).then(tell, () => {
        tell([]);
        if (asked === key) asked = '';
      });
    },
  };
}
