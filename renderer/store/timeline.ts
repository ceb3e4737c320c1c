/** A stretch of the song that sounds at a time of the audio clock. */
export interface Piece {
  /** Audio clock, seconds. */
  when: number;
  /** Frames of the song. */
  start: number;
  frames: number;
}

/** The next piece to play from `at`: ends at the loop's end, the song's end, or after `longest` frames. */
export function nextPiece(at: number, end: number, loop: readonly [number, number] | null, longest: number): { start: number; frames: number; next: number } | null {
  const isLooping = loop !== null && at < loop[1];
  const stop = isLooping ? Math.min(loop[1], end) : end;
  const frames = Math.min(longest, stop - at);
  if (frames <= 0) return null;
  const next = at + frames;
  return { start: at, frames, next: isLooping && next >= stop ? loop[0] : next };
}

/**
 * Where in the song the audio clock is. Between two pieces, when data came late, the song stands still.
 * @param pieces in the order in which they play
 */
export function frameAt(pieces: readonly Piece[], now: number, rate: number): number | null {
  let found: Piece | undefined;
  for (const piece of pieces) {
    if (piece.when > now && found !== undefined) break;
    found = piece;
  }
  if (found === undefined) return null;
  return found.start + Math.min(found.frames, Math.max(0, (now - found.when) * rate));
}
