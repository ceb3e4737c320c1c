import type { Effect, ModeLoad, PlacedEffect } from '../../store/types.ts';
import { formatDb } from '../../units/levels.ts';
import { formatHz } from './scales.ts';

export const effectNames: Readonly<Record<Effect['kind'], string>> = { gain: 'Gain', eq: 'EQ', reverb: 'Convolution', limiter: 'Limiter' };

export const inMs = (seconds: number): string => `${Number((seconds * 1000).toFixed(1))} ms`;

/** Beyond this nothing is left for the rest. */
const mostLoad = 0.9;

/** What a mode takes of the time there is, and what is wrong with that. */
export function loadWords(measured: ModeLoad | undefined, isMeasured: boolean): { figure: string; warning: string } {
  if (measured === undefined) return { figure: isMeasured ? '–' : '…', warning: '' };
  const { load, worstLoad } = measured;
  const percent = (share: number): string => (share >= 10 ? '> 999 %' : `${(100 * share).toFixed(share < 0.00095 ? 2 : share < 0.0995 ? 1 : 0)} %`);
  const warning = load > mostLoad ? ' Too slow to be heard here.' : worstLoad > 1 ? ` One block takes ${percent(worstLoad)}: sound would break off.` : '';
  return { figure: percent(load), warning };
}

const shapes: Readonly<Record<number, string>> = { 1: 'mono', 2: 'stereo', 4: 'true stereo' };

export function channelsInWords(channels: number): string {
  return shapes[channels] ?? `${channels} channels`;
}

/** The two lines below an effect's name. */
export function effectLines({ effect, reverb, fault }: PlacedEffect, milliseconds: number): readonly [string, string] {
  if (effect.isBypassed) return ['Bypassed', ''];
  switch (effect.kind) {
    case 'gain':
      return [formatDb(effect.gainDb), ''];
    case 'eq': {
      const moved = effect.bands.filter(({ isOn, kind, gainDb }) => isOn && (gainDb !== 0 || !['peak', 'lowshelf', 'highshelf'].includes(kind)));
      const [first] = moved;
      return [`${moved.length} ${moved.length === 1 ? 'band' : 'bands'}`, first === undefined ? 'flat' : `${formatDb(first.gainDb, 0)} at ${formatHz(first.hz)}`];
    }
    case 'reverb':
      return fault === null ? [reverb?.name ?? 'Preparing', `${effect.mode}, ${Number(milliseconds.toFixed(1))} ms`] : ['Left out', fault];
    case 'limiter':
      return [`${effect.ceilingDb.toFixed(1).replace('-', '−')} dBTP`, ''];
  }
}
