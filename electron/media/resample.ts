import { resampler } from './decode.ts';
import { fileUrl, streamTool } from './process.ts';

/** An interleaved f32le file. */
export interface RawTrack {
  path: string;
  rate: number;
  channels: 1 | 2;
}

export interface RawTarget {
  rate: number;
  channels: 1 | 2;
  /** Cut or filled with silence to exactly this; null: what the conversion gives. */
  frames: number | null;
}

/**
 * The track at another rate or channel count, as f32le. Mono goes to both channels at full level; stereo to their
 * average.
 * @throws Error when ffmpeg fails: both ends are ours, so that is no fault of the input
 */
export async function* convert(source: RawTrack, target: RawTarget, signal?: AbortSignal): AsyncGenerator<Buffer, void> {
  const filters = [
    ...(source.channels === target.channels ? [] : [target.channels === 2 ? 'pan=stereo|c0=c0|c1=c0' : 'pan=mono|c0=0.5*c0+0.5*c1']),
    ...(source.rate === target.rate ? [] : [`aresample=osr=${target.rate}:${resampler}`]),
    ...(target.frames === null ? [] : [`apad=whole_len=${target.frames}`, `atrim=end_sample=${target.frames}`]),
    'aformat=sample_fmts=flt',
  ];
  const end = yield* streamTool('ffmpeg', ['-nostdin', '-loglevel', 'error', ...rawInput(source), '-af', filters.join(','), '-f', 'f32le', 'pipe:1'], signal);
  if (!end.ok || end.errors.length > 0) {
    throw new Error(`ffmpeg could not resample a track: ${end.errors[0] ?? 'no reason given'}`);
  }
}

export function rawInput(track: RawTrack): string[] {
  return ['-f', 'f32le', '-ar', String(track.rate), '-ac', String(track.channels), '-protocol_whitelist', 'file', '-i', fileUrl(track.path)];
}
