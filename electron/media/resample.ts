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
  /** A row of gains for each channel of the target. Absent: mono goes to both channels at full level, stereo to their average. */
  matrix?: number[][];
}

/**
 * The track at another rate, channel count or both, as f32le.
 * @throws Error when ffmpeg fails: both ends are ours, so that is no fault of the input
 */
export async function* convert(source: RawTrack, target: RawTarget, signal?: AbortSignal): AsyncGenerator<Buffer, void> {
  const filters = [
    ...mixing(source, target),
    ...(source.rate === target.rate ? [] : [`aresample=osr=${target.rate}:${resampler}`]),
    ...(target.frames === null ? [] : [`apad=whole_len=${target.frames}`, `atrim=end_sample=${target.frames}`]),
    'aformat=sample_fmts=flt',
  ];
  const end = yield* streamTool('ffmpeg', ['-nostdin', '-loglevel', 'error', ...rawInput(source), '-af', filters.join(','), '-f', 'f32le', 'pipe:1'], signal);
  if (!end.ok || end.errors.length > 0) {
    throw new Error(`ffmpeg could not resample a track: ${end.errors[0] ?? 'no reason given'}`);
  }
}

function mixing(source: RawTrack, target: RawTarget): string[] {
  const matrix = target.matrix ?? (source.channels === target.channels ? null : target.channels === 2 ? [[1], [1]] : [[0.5, 0.5]]);
  if (matrix === null) {
    return [];
  }
  const rows = matrix.map((row, to) => `c${to}=${row.map((gain, from) => `${gain.toFixed(9)}*c${from}`).join('+')}`);
  return [`pan=${target.channels === 2 ? 'stereo' : 'mono'}|${rows.join('|')}`];
}

export function rawInput(track: RawTrack): string[] {
  return ['-f', 'f32le', '-ar', String(track.rate), '-ac', String(track.channels), '-protocol_whitelist', 'file', '-i', fileUrl(track.path)];
}
