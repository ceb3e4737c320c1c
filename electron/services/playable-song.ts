import { join } from 'node:path';
import { trackFile, trackRefs, type ProjectFolder, type TrackRef } from './project-folder.ts';

/** Frames [start, end) each; ascending, merged. */
export type FrameRanges = [number, number][];

/** What the monitor needs to know of a song to play it. */
export interface PlayableSong {
  rate: number;
  channels: 1 | 2;
  frames: number;
  /** Where all but the original are final; null: everywhere. */
  finished: FrameRanges | null;
  tracks: (TrackRef & { path: string })[];
  /** Keeps its effects; null: it has none yet. */
  folder: string | null;
}

export function playableProject({ folder, file }: ProjectFolder): PlayableSong {
  const { rate, channels, frames } = file;
  const tracks = trackRefs(file).map((track) => ({ ...track, path: join(folder, trackFile(track, 'f32')) }));
  return { rate, channels, frames, finished: null, tracks, folder };
}

export function sameRanges(a: FrameRanges, b: FrameRanges): boolean {
  return a.length === b.length && a.every(([start, end], i) => start === b[i]?.[0] && end === b[i][1]);
}
