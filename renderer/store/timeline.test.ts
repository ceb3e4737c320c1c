import { describe, expect, it } from 'vitest';
import { frameAt, nextPiece } from './timeline.ts';

/** The starts and lengths of pieces until the end, or `most` of them. */
function play(from: number, end: number, loop: [number, number] | null, most = 6): [number, number][] {
  const out: [number, number][] = [];
  let at = from;
  while (out.length < most) {
    const piece = nextPiece(at, end, loop, 100);
    if (piece === null) break;
    out.push([piece.start, piece.frames]);
    at = piece.next;
  }
  return out;
}

describe('pieces', () => {
  it('cover the song once, to its last frame', () => {
    expect(play(0, 250, null)).toEqual([[0, 100], [100, 100], [200, 50]]);
  });

  it('wrap at the end of the loop', () => {
    expect(play(20, 1000, [50, 180], 5)).toEqual([[20, 100], [120, 60], [50, 100], [150, 30], [50, 100]]);
  });

  it('leave the loop alone when they start behind it', () => {
    expect(play(190, 250, [50, 180])).toEqual([[190, 60]]);
  });

  it('wrap at the end of the song when the loop is longer', () => {
    expect(play(180, 250, [200, 400], 3)).toEqual([[180, 70], [200, 50], [200, 50]]);
  });
});

describe('the clock', () => {
  const pieces = [
    { when: 10, start: 0, frames: 100 },
    { when: 11, start: 100, frames: 100 },
    { when: 13, start: 50, frames: 100 },
  ];

  it.each([
    [9, 0],
    [10.5, 50],
    [11.25, 125],
    [12.5, 200],
    [13.1, 60],
    [20, 150],
  ])('at %d s stands at frame %d', (now, frame) => {
    expect(frameAt(pieces, now, 100)).toBeCloseTo(frame);
  });

  it('knows nothing before anything plays', () => {
    expect(frameAt([], 5, 100)).toBeNull();
  });
});
