import type { StemFormat } from '../contract/separation.ts';

export interface FormatTraits {
  extension: string;
  /** ffmpeg's muxer. */
  muxer: string;
  codec: readonly string[];
  /** Bits of the integer samples that are written, or null where the coder takes floats. */
  integer: 16 | 24 | null;
  lossless: boolean;
  /** The rates that the coder takes; null: any. */
  rates: readonly number[] | null;
  /** How a picture is carried: as a stream of its own, or as text among the comments. */
  cover: 'stream' | 'comment' | null;
}

const mpegRates = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
const wav = { extension: 'wav', muxer: 'wav', lossless: true, rates: null, cover: null } as const;

export const formatTraits: Record<StemFormat, FormatTraits> = {
  wav16: { ...wav, codec: ['-c:a', 'pcm_s16le', '-rf64', 'auto'], integer: 16 },
  wav24: { ...wav, codec: ['-c:a', 'pcm_s24le', '-rf64', 'auto'], integer: 24 },
  wav32f: { ...wav, codec: ['-c:a', 'pcm_f32le', '-rf64', 'auto'], integer: null },
  flac: { extension: 'flac', muxer: 'flac', codec: ['-c:a', 'flac', '-bits_per_raw_sample', '24'], integer: 24, lossless: true, rates: null, cover: 'stream' },
  mp3: { extension: 'mp3', muxer: 'mp3', codec: ['-c:a', 'libmp3lame', '-q:a', '0'], integer: null, lossless: false, rates: mpegRates, cover: 'stream' },
  m4a: {
    extension: 'm4a',
    muxer: 'ipod',
    codec: ['-c:a', 'aac', '-b:a', '256k'],
    integer: null,
    lossless: false,
    rates: [...mpegRates, 64_000, 88_200, 96_000],
    cover: 'stream',
  },
  opus: { extension: 'opus', muxer: 'opus', codec: ['-c:a', 'libopus', '-b:a', '192k'], integer: null, lossless: false, rates: [48_000], cover: 'comment' },
};

/** The rate that is written: the wanted one, else the next higher one that the format has, else its highest. */
export function writableRate(format: StemFormat, wanted: number): number {
  const { rates } = formatTraits[format];
  return rates === null || rates.includes(wanted) ? wanted : (rates.find((rate) => rate > wanted) ?? rates.at(-1) ?? wanted);
}
