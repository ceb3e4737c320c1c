import type { ClipMode, StemFormat } from '../contract/separation.ts';
import { formatTraits } from '../media/formats.ts';

/** dBFS, or null for silence. */
export function toDb(linear: number): number | null {
  return linear > 0 ? Math.round(2000 * Math.log10(linear)) / 100 : null;
}

export interface Levels {
  /** Linear, and the number of samples beyond full scale, over all stems that are written. */
  peak: number;
  overs: number;
}

/** How a song's stems are written, so that full scale does no harm. */
export interface WritePlan {
  format: StemFormat;
  gain: number;
  clipped: boolean;
  warning: { code: 'float-format' | 'clipped' | 'rescaled'; message: string } | null;
}

/** @param format, clipMode as asked for; null where nothing was asked */
export function planWriting(format: StemFormat | null, clipMode: ClipMode | null, levels: Levels): WritePlan {
  const wanted = format ?? 'wav24';
  const bits = formatTraits[wanted].integer;
  if (levels.overs === 0 || bits === null) {
    return { format: wanted, gain: 1, clipped: false, warning: null };
  }
  const peak = `${(toDb(levels.peak) ?? 0).toFixed(1)} dBFS`;
  switch (clipMode ?? (format === null ? 'float' : 'clamp')) {
    case 'float':
      return {
        format: 'wav32f',
        gain: 1,
        clipped: false,
        warning: { code: 'float-format', message: `stems peak at ${peak}: written as 32-bit float WAV, so that nothing clips` },
      };
    case 'clamp':
      return { format: wanted, gain: 1, clipped: true, warning: { code: 'clipped', message: `stems peak at ${peak}: ${levels.overs} samples clipped` } };
    case 'rescale': {
      // Two steps below full scale leave room for the dither.
      const gain = (1 - 2 ** (2 - bits)) / levels.peak;
      const down = (-20 * Math.log10(gain)).toFixed(2);
      return { format: wanted, gain, clipped: false, warning: { code: 'rescaled', message: `all stems turned down by ${down} dB, so that none clips` } };
    }
  }
}
