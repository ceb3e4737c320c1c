import { gaps, type Range } from './ranges.ts';

/**
 * What is computed now: the share of the first segment that is open from the playhead on, else of the nearest before it, as
 * the engine goes. Null when nothing is open.
 * @param stride frames from one segment to the next
 */
export function computedNow(finished: readonly Range[], frames: number, playhead: number, stride: number): Range | null {
  const open = gaps(finished, [0, frames]);
  const ahead = open.find(([, end]) => end > playhead);
  const gap = ahead ?? open.at(-1);
  if (gap === undefined || stride <= 0) return null;
  const [start, end] = gap;
  const cell = Math.floor((ahead === undefined ? end - 1 : Math.max(start, playhead)) / stride);
  return [Math.max(start, cell * stride), Math.min(end, (cell + 1) * stride)];
}
