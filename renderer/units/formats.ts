export const formatNames = ['wav16', 'wav24', 'wav32f', 'flac', 'mp3', 'm4a', 'opus'] as const;
export type FormatName = (typeof formatNames)[number];

interface Traits {
  label: string;
  extension: string;
  /** What choosing it gains and loses. */
  cost: string;
  /** Of the integers that are written; null where floats are. */
  bits: 16 | 24 | null;
  /** Bits that a second takes for each channel and frame, or for the whole where the coder aims at a rate. */
  size: { perSample: number } | { perSecond: number };
}

/** Sizes of FLAC, MP3 and Opus depend on the music: these are of ordinary songs. */
export const formats: Readonly<Record<FormatName, Traits>> = {
  wav16: { label: 'WAV 16', extension: 'wav', bits: 16, size: { perSample: 16 }, cost: 'As on a CD. Dither hides the rounding.' },
  wav24: { label: 'WAV 24', extension: 'wav', bits: 24, size: { perSample: 24 }, cost: 'Every program reads it. The rounding is far below hearing.' },
  wav32f: { label: 'WAV 32 float', extension: 'wav', bits: null, size: { perSample: 32 }, cost: 'Exactly what was computed: nothing is rounded, nothing clips.' },
  flac: { label: 'FLAC', extension: 'flac', bits: 24, size: { perSample: 14 }, cost: 'As 24-bit WAV in about 60 % of the space, with tags and cover.' },
  mp3: { label: 'MP3', extension: 'mp3', bits: null, size: { perSecond: 245_000 }, cost: 'Small, with losses. Stems no longer add up to the song exactly.' },
  m4a: { label: 'AAC', extension: 'm4a', bits: null, size: { perSecond: 256_000 }, cost: 'Small, with losses, for phones and Apple programs.' },
  opus: { label: 'Opus', extension: 'opus', bits: null, size: { perSecond: 192_000 }, cost: 'The smallest of this quality, with losses. Always 48 kHz.' },
};

/** @param seconds of one file */
export function fileBytes(format: FormatName, seconds: number, rate: number, channels: number): number {
  const { size } = formats[format];
  const bits = 'perSecond' in size ? size.perSecond : size.perSample * rate * channels;
  return Math.ceil((seconds * bits) / 8);
}

/** The rate that is written when this one is wanted. */
export function writtenRate(format: FormatName, wanted: number): number {
  if (format === 'opus') return 48_000;
  if (format === 'mp3') return Math.min(wanted, 48_000);
  return format === 'm4a' ? Math.min(wanted, 96_000) : wanted;
}
