import { describe, expect, it } from 'vitest';
import { frameAt, nextPiece, rejoin } from './timeline.ts';

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
    { when: 1000, start: 0, frames: 100 },
    { when: 1100, start: 100, frames: 100 },
    { when: 1300, start: 50, frames: 100 },
  ];

  it.each([
    [900, 0],
    [1050, 50],
    [1125, 125],
    [1250, 200],
    [1310, 60],
    [2000, 150],
  ])('at %d stands at frame %d', (now, frame) => {
    expect(frameAt(pieces, now)).toBe(frame);
  });

  it('knows nothing before anything plays', () => {
    expect(frameAt([], 5)).toBeNull();
  });
});

describe('a loop that changes while pieces are on their way', () => {
  const pieces = [
    { when: 0, start: 100, frames: 100 },
    { when: 100, start: 200, frames: 100 },
  ];

  it.each<[why: string, at: number, loop: [number, number] | null, next: number | null]>([
    ['none: reading goes on', 150, null, 300],
    ['its end lies further on', 150, [0, 900], 300],
    ['its end is where reading is', 150, [50, 300], 50],
    ['its end lies in what is on its way', 150, [0, 250], null],
    ['its end has been passed', 260, [0, 250], 300],
    ['its end falls between two pieces', 150, [0, 200], null],
  ])('%s', (_, at, loop, next) => {
    const left = pieces.filter(({ start, frames }) => start + frames > at);
    expect(rejoin(left, at, 1000, loop)).toBe(next);
  });

  it('taken away, leaves nothing of a wrap that is on its way', () => {
    const wrapping = [{ when: 0, start: 100, frames: 100 }, { when: 100, start: 50, frames: 100 }];
    expect(rejoin(wrapping, 120, 1000, [50, 200])).toBe(150);
    expect(rejoin(wrapping, 120, 1000, null)).toBeNull();
  });
});
