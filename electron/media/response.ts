import { resampler, type DecodeFaults } from './decode.ts';
import type { MediaInfo } from './probe.ts';
import { fileUrl, inputGuard, streamTool } from './process.ts';

/**
 * An impulse response as interleaved f32le at `rate`, with the channels that it has. What is resampled is turned by the rates'
 * ratio, so that sound through it keeps its level: there are so many more, or fewer, samples to sum. Its faults are returned.
 */
export async function* decodeResponse(info: MediaInfo, rate: number, signal?: AbortSignal): AsyncGenerator<Buffer, DecodeFaults> {
  const filters = [
    `aresample=osr=${info.rate}:${resampler}`,
    ...(info.trimToSamples === null ? [] : [`atrim=end_sample=${info.trimToSamples}`]),
    ...(rate === info.rate ? [] : [`aresample=osr=${rate}:${resampler}`, 'aformat=sample_fmts=flt', `volume=${info.rate / rate}:precision=float`]),
    'aformat=sample_fmts=flt',
  ];
  const end = yield* streamTool(
    'ffmpeg',
    ['-nostdin', '-loglevel', 'error', ...inputGuard, '-i', fileUrl(info.path), '-map', `0:${info.stream}`, '-af', filters.join(','), '-f', 'f32le', 'pipe:1'],
    signal,
  );
  return { lines: end.errors };
}
