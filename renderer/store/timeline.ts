/** A loop of the song, [start, end) in frames. */
export type Loop = readonly [number, number];

/** A stretch of the song that sounds at a time of the audio clock. All in frames. */
export interface Piece {
  /** Audio clock. */
  when: number;
  /** Of the song. */
  start: number;
  frames: number;
}

/** Where playing goes on after a stretch, which may end at the loop's end but does not pass it. */
function after({ start, frames }: Pick<Piece, 'start' | 'frames'>, end: number, loop: Loop | null): number {
  const isLooping = loop !== null && start < loop[1];
  return isLooping && start + frames >= Math.min(loop[1], end) ? loop[0] : start + frames;
}

/** The next piece to play from `at`: ends at the loop's end, the song's end, or after `longest` frames. */
export function nextPiece(at: number, end: number, loop: Loop | null, longest: number): { start: number; frames: number; next: number } | null {
  const isLooping = loop !== null && at < loop[1];
  const stop = isLooping ? Math.min(loop[1], end) : end;
  const frames = Math.min(longest, stop - at);
  return frames <= 0 ? null : { start: at, frames, next: after({ start: at, frames }, end, loop) };
}

/**
 * Where reading goes on when the loop changes while pieces are on their way; null when they no longer fit it.
 * @param at the frame of the song that sounds now, in the first of the pieces
 */
export function rejoin(pieces: readonly Piece[], at: number, end: number, loop: Loop | null): number | null {
  let next: number | null = null;
  for (const [index, { start, frames }] of pieces.entries()) {
    const from = index === 0 ? at : start;
    const passes = loop !== null && from < loop[1] && start + frames > loop[1];
    if (passes || (next !== null && next !== start)) return null;
    next = after({ start: from, frames: start + frames - from }, end, loop);
  }
  return next;
}

/**
 * Where in the song the audio clock is. Between two pieces, when data came late, the song stands still.
 * @param pieces in the order in which they play @param now frames of the audio clock
 */
export function frameAt(pieces: readonly Piece[], now: number): number | null {
  let found: Piece | undefined;
  for (const piece of pieces) {
    if (piece.when > now && found !== undefined) break;
    found = piece;
  }
  if (found === undefined) return null;
  return found.start + Math.min(found.frames, Math.max(0, now - found.when));
}
