import { printable, StemwrightError } from '../contract/errors.ts';
import type { MediaInfo } from './probe.ts';
import { fileUrl, inputGuard, streamTool } from './process.ts';

/** soxr at precision 28: ffmpeg's default resampler aliases. */
export const resampler = 'resampler=soxr:precision=28';

/** What decoding found wrong, for a warning; empty when all went well. */
export interface DecodeFaults {
  lines: string[];
}

/** A decoded song has its own channel when it is mono, else two. */
export function decodedChannels(info: MediaInfo): 1 | 2 {
  return info.channels === 1 ? 1 : 2;
}

/**
 * The song as interleaved f32le at its own rate: mono as mono, everything above as stereo (ITU coefficients: centre and
 * surrounds at −3 dB, no LFE, not normalised). A damaged file gives what can be read; its faults are returned.
 */
export async function* decode(info: MediaInfo, signal?: AbortSignal): AsyncGenerator<Buffer, DecodeFaults> {
  const filters = [
    // A stream may change its format midway (chained Ogg, ADTS): hold on to the one that was announced.
    `aresample=osr=${info.rate}:${resampler}`,
    `aformat=sample_fmts=flt:channel_layouts=${decodedChannels(info) === 1 ? 'mono' : 'stereo'}`,
    ...(info.trimToSamples === null ? [] : [`atrim=end_sample=${info.trimToSamples}`]),
  ];
  const end = yield* streamTool(
    'ffmpeg',
    ['-nostdin', '-loglevel', 'error', ...inputGuard, '-i', fileUrl(info.path), '-map', `0:${info.stream}`, '-af', filters.join(','), '-f', 'f32le', 'pipe:1'],
    signal,
  );
  return { lines: end.errors };
}

export function undecodable(info: MediaInfo, faults: DecodeFaults): StemwrightError {
  const reason = faults.lines[0] === undefined ? '' : ` (${plain(faults.lines[0])})`;
  return new StemwrightError('input', `${printable(info.path)}: no sound could be decoded from it${reason}`, 'Check that it plays elsewhere.');
}

/** One line of ffmpeg's log without its `[aac @ 0x…]` prefixes. */
export function plain(line: string): string {
  return printable(line.replace(/^(?:\[[^\]]*\] ?)+/, '').trim());
}
