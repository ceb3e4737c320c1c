import type { Effect, PlacedEffect } from '../../store/types.ts';
import { formatDb } from '../../units/levels.ts';
import { formatHz } from './scales.ts';

export const effectNames: Readonly<Record<Effect['kind'], string>> = { gain: 'Gain', eq: 'EQ', reverb: 'Convolution', limiter: 'Limiter' };

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
