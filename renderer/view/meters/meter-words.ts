import type { Meters, MonitorState, PlacedEffect } from '../../store/types.ts';
import { toDb } from '../../units/levels.ts';

export type SoundLevels = Meters['master'];

/** Of what goes through the chain that is shown; undefined: nothing does. */
export function sourceLevels(meters: Meters, { source, isSend, monitor }: { source: string; isSend: boolean; monitor: MonitorState | null }): SoundLevels | undefined {
  if (source === 'input') return meters.input;
  if (isSend) return meters.send;
  if (source === 'mix') return meters.master;
  return meters.strips[monitor?.tracks.findIndex(({ name }) => `track:${name}` === source) ?? -1];
}

const figure = (gain: number): string => (gain === 0 ? '−∞' : toDb(gain).toFixed(1).replace('-', '−'));

/** Of the louder side. */
export function rmsWords(levels: SoundLevels | undefined): string {
  return levels === undefined ? '–' : figure(Math.max(...levels.rms));
}

/** The highest since it was reset, between the samples too. */
export function truePeakWords(levels: SoundLevels | undefined): string {
  return levels === undefined ? '–' : figure(levels.truePeak);
}

/** What a limiter does now. */
export function reductionWords(effect: Meters['effects'][number] | undefined): string {
  const taken = effect === undefined ? 0 : -effect.reductionDb;
  return taken < 0.05 ? 'takes nothing off' : `takes ${taken.toFixed(1)} dB off`;
}

/** Reads that came too late, and those that failed. */
export function readWords(late: number, failed: number): string {
  return failed === 0 ? String(late) : `${late}, ${failed} failed`;
}

/** Parts of the tails of all reverbs that came too late and were left out. */
export function missedParts({ effects }: Meters): number {
  return effects.reduce((sum, { missedBlocks }) => sum + missedBlocks, 0);
}

/** How the effect at a place does. */
export function effectAt(meters: Meters | null, { strip, slot }: PlacedEffect['place']): Meters['effects'][number] | undefined {
  return meters?.effects.find(({ place }) => place.strip === strip && place.slot === slot);
}
