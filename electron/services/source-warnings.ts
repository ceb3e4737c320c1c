import { printable } from '../contract/errors.ts';
import type { Warning } from '../contract/separation.ts';
import type { TrackStats } from '../engine/native.ts';
import { plain } from '../media/decode.ts';
import type { MediaInfo } from '../media/probe.ts';

/** What a user should know of how a file was read. @param faults lines that the decoder said */
export function sourceWarnings(info: MediaInfo, stats: TrackStats, faults: readonly string[]): Warning[] {
  const { audioStreams, claimedSeconds, rate } = info;
  const warnings: Warning[] = [];
  if (audioStreams > 1) {
    warnings.push({ code: 'several-streams', message: `the file has ${audioStreams} audio streams: stream ${info.stream} was taken` });
  }
  const seconds = stats.frames / rate;
  // Coders' delay and padding are often counted in the claim.
  const tolerance = Math.max(0.1, 4096 / rate, (claimedSeconds ?? 0) * 0.005);
  if (claimedSeconds !== null && claimedSeconds - seconds > tolerance) {
    warnings.push({ code: 'truncated', message: `the file claims ${claimedSeconds.toFixed(1)} s of sound, ${seconds.toFixed(1)} s could be read` });
  }
  if (faults.length > 0) {
    warnings.push({ code: 'damaged', message: `parts of the file could not be decoded: ${plain(faults[0] ?? '')}` });
  }
  if (stats.nonFinite > 0) {
    warnings.push({ code: 'non-finite', message: `${stats.nonFinite} samples were not numbers and became silence` });
  }
  return warnings;
}

/** A song of more than two channels is heard in two. */
export function downmixWarnings({ channels, layout }: MediaInfo): Warning[] {
  if (channels <= 2) {
    return [];
  }
  const from = `${channels} channels (${layout === '' ? 'layout guessed' : printable(layout)})`;
  return [{ code: 'downmixed', message: `${from} were mixed down to stereo: centre and surrounds at -3 dB, no LFE` }];
}
