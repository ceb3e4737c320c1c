import { toGain } from '../units/levels.ts';
import { originalName, residualName, type Lane } from './song.ts';

/** How a lane is heard. */
export interface Strip {
  isMuted: boolean;
  isSolo: boolean;
  /** −Infinity is silence. */
  db: number;
  /** −1 to 1. */
  pan: number;
}

export type Strips = Readonly<Record<string, Strip>>;

/** The original and the residual are there to compare with, and start muted. */
export function defaultStrip(name: string): Strip {
  return { isMuted: name === originalName || name === residualName, isSolo: false, db: 0, pan: 0 };
}

/** Strips for these lanes: what was set stays. A print would be heard beside what it is of. */
export function stripsFor(lanes: readonly Lane[], before: Strips): Strips {
  return Object.fromEntries(lanes.map(({ name, isPrint }) => [name, before[name] ?? { ...defaultStrip(name), ...(isPrint ? { isMuted: true } : {}) }]));
}

/** Linear; 0 where a mute, or a solo elsewhere, silences the lane. Solo wins over a lane's own mute; the residual is solo-safe. */
export function heardGain(strips: Strips, name: string): number {
  const strip = strips[name];
  if (strip === undefined) return 0;
  const isSoloElsewhere = name !== residualName && Object.values(strips).some(({ isSolo }) => isSolo);
  const isHeard = strip.isSolo || (!isSoloElsewhere && !strip.isMuted);
  return isHeard ? toGain(strip.db) : 0;
}
