import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { judgeOverloads, stolenTicks, type Verdict } from './stolen-time.ts';

const folder = mkdtempSync(join(tmpdir(), 'stemwright-stolen-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('stolen time', () => {
  it('is the eighth figure of all processors', () => {
    const path = join(folder, 'stat');
    writeFileSync(path, 'cpu  2528243 998942 655010 810806 5215 0 3706 5583 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n');
    expect(stolenTicks(path)).toBe(5583);
    writeFileSync(path, 'cpu  1 2 3 4\n');
    expect(stolenTicks(path)).toBeNull();
    expect(stolenTicks(join(folder, 'none'))).toBeNull();
  });
});

/** Polls as [overloads so far, ticks so far]. */
const judged = (...polls: [number, number | null][]): Verdict => judgeOverloads(polls.map(([overloads, ticks]) => ({ overloads, ticks })));

describe('blocks longer than they last', () => {
  it('are the engine’s where nothing was taken', () => {
    expect(judged([3, 70], [3, 70], [4, 70], [4, 70], [6, 70])).toMatchObject({ own: 3, stolen: 0, windows: 4, stolenWindows: 0, isMeasured: true });
  });

  it('are nobody’s where something was taken, or just before or after', () => {
    expect(judged([0, 1], [1, 1], [2, 2], [3, 2])).toMatchObject({ own: 0, stolen: 3, windows: 3, stolenWindows: 3 });
    expect(judged([0, 1], [1, 1], [1, 1], [1, 2], [1, 2], [2, 2])).toMatchObject({ own: 2, stolen: 0, windows: 5, stolenWindows: 3 });
  });

  it('say nothing when half of the time or more was stolen', () => {
    expect(judged([0, 0], [0, 0], [0, 0], [0, 1], [0, 1])).toMatchObject({ stolenWindows: 3, isMeasured: false });
    expect(judged([0, 0], [0, 1], [0, 2], [0, 3]).isMeasured).toBe(false);
    expect(judged().isMeasured).toBe(false);
  });

  it('are all the engine’s where nothing tells', () => {
    expect(judged([0, null], [2, null], [2, null])).toMatchObject({ own: 2, windows: 2, stolenWindows: 0, isMeasured: true });
  });
});
