import { describe, expect, it } from 'vitest';
import { formatBytes } from './bytes.ts';
import { gaps, joined } from './ranges.ts';
import { beatMarks, ticks } from './ruler.ts';
import { inLaneOrder, stemColour, stemLabel } from './stems.ts';

it.each([
  [0, '0 bytes'],
  [950, '950 bytes'],
  [290_400_000, '290 MB'],
  [999_600_000, '1.0 GB'],
  [16e9, '16 GB'],
])('%d bytes: %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

describe('ranges', () => {
  it('are joined where they touch', () => {
    expect(joined([[20, 30], [0, 10], [10, 15], [25, 27]])).toEqual([[0, 15], [20, 30]]);
  });

  it('leave gaps', () => {
    expect(gaps([[10, 20], [30, 40]], [0, 50])).toEqual([[0, 10], [20, 30], [40, 50]]);
    expect(gaps([[0, 50]], [0, 50])).toEqual([]);
    expect(gaps([[0, 100]], [20, 50])).toEqual([]);
  });
});

describe('stems', () => {
  it('stand in a fixed order', () => {
    expect(inLaneOrder(['drums', 'bass', 'other', 'vocals', 'kazoo'])).toEqual(['vocals', 'drums', 'bass', 'kazoo', 'other']);
  });

  it('keep their colour', () => {
    expect(stemColour('bass')).toBe('--stem-bass');
    expect(stemColour('no_vocals')).toBe('--stem-other');
  });

  it('are named for people', () => {
    expect(stemLabel('no_vocals')).toBe('No vocals');
  });
});

describe('the ruler', () => {
  it('labels about every 90 px, at round times', () => {
    const majors = ticks(0, 252, 800).filter(({ isMajor }) => isMajor);
    expect(majors.slice(0, 3).map(({ seconds }) => seconds)).toEqual([0, 30, 60]);
  });

  it('starts at the first mark inside the window', () => {
    expect(ticks(10.3, 12, 100)[0]?.seconds).toBeCloseTo(10.5);
    expect(ticks(10.3, 12, 100).every(({ seconds }) => seconds >= 10.3 && seconds <= 12)).toBe(true);
  });

  it('has a bounded number of marks for any window', () => {
    for (const span of [0.001, 1, 100, 1e5, 1e7]) expect(ticks(0, span, 1000).length).toBeLessThan(100);
  });
});

describe('beats on the ruler', () => {
  const beats = Array.from({ length: 240 }, (_, index) => 0.25 + index / 2);

  it('are all those in sight', () => {
    expect(beatMarks(beats, 10, 12, 400)).toEqual([10.25, 10.75, 11.25, 11.75]);
  });

  it('thin out by halves where they would lie too close, and stay the same ones wherever one looks', () => {
    const whole = beatMarks(beats, 0, 120, 1000);
    expect(whole.slice(0, 3)).toEqual([0.25, 1.25, 2.25]);
    expect(beatMarks(beats, 30.5, 120, 1000 * (89.5 / 120))).toEqual(whole.filter((beat) => beat >= 30.5));
  });

  it('are none where none are known, or one tells of no tempo', () => {
    expect([beatMarks([], 0, 10, 100), beatMarks([3], 0, 10, 100), beatMarks(beats, 0, 0, 100)]).toEqual([[], [], []]);
  });
});
