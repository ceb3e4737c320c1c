import { describe, expect, it } from 'vitest';
import type { ProjectFile } from '../contract/project.ts';
import { alignedRange, checkRedo } from './redo.ts';

describe('a range at another rate', () => {
  it('is the range itself at the same rate', () => {
    expect(alignedRange([100, 900], 1000, 44_100, 44_100)).toEqual({ project: [100, 900], model: [100, 900] });
  });

  it.each([
    [48_000, 44_100],
    [96_000, 44_100],
    [44_100, 48_000],
    [22_050, 44_100],
    [44_101, 44_100],
  ])('of %i against %i holds the range and stands for the same time', (rate, modelRate) => {
    const frames = 60 * rate;
    const [start, end] = [20 * rate + 17, 25 * rate + 5];
    const { project, model } = alignedRange([start, end], frames, rate, modelRate);
    expect(project[0]).toBeLessThanOrEqual(start - 8192);
    expect(project[1]).toBeGreaterThanOrEqual(end + 8192);
    for (const side of [0, 1] as const) {
      expect(project[side] * modelRate).toBe(model[side] * rate);
    }
  });

  it('stays within the song', () => {
    const { project, model } = alignedRange([0, 48_001], 48_001, 48_000, 44_100);
    expect(project).toEqual([0, 48_001]);
    expect(model).toEqual([0, 44_101]);
  });
});

describe('what is to be done anew', () => {
  const file = { frames: 1000, stems: ['drums', 'bass'] } as ProjectFile;
  const sources = ['drums', 'bass', 'other', 'vocals'];

  it.each([
    [{ start: 0, end: 1000, stems: null }, null],
    [{ start: 0, end: 1, stems: ['bass'] }, null],
    [{ start: 10, end: 10, stems: null }, 'no such range'],
    [{ start: 10, end: 9, stems: null }, 'no such range'],
    [{ start: 0, end: 1001, stems: null }, 'no such range'],
    [{ start: 0, end: 10, stems: ['other'] }, 'the project has no stem "other"'],
  ])('%j: %s', (redo, fault) => {
    const check = () => {
      checkRedo(redo, file, sources);
    };
    if (fault === null) {
      check();
    } else {
      expect(check).toThrow(fault);
    }
  });

  it('needs a model with those stems', () => {
    expect(() => {
      checkRedo({ start: 0, end: 10, stems: null }, file, ['drums']);
    }).toThrow('the model has no stem "bass"');
  });
});
