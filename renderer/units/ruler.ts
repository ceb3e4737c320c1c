const steps = [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600] as const;

export interface Tick {
  seconds: number;
  isMajor: boolean;
}

/** Pixels between beats that are marked. */
const leastBeats = 6;

/** Beats that are marked between two times: all of them, or every second, fourth, … where they would lie too close. */
export function beatMarks(beats: readonly number[], from: number, to: number, width: number): number[] {
  const [first, last] = [beats[0], beats.at(-1)];
  if (first === undefined || last === undefined || beats.length < 2 || to <= from) return [];
  const apart = (((last - first) / (beats.length - 1)) * width) / (to - from);
  const every = 2 ** Math.max(0, Math.ceil(Math.log2(leastBeats / apart)));
  return beats.filter((beat, index) => index % every === 0 && beat >= from && beat <= to);
}

/**
 * Marks of a time ruler between two times: majors carry a label, about 90 px apart; each is split in five, or four where that is rounder.
 * @param width of the ruler, px
 */
export function ticks(from: number, to: number, width: number): Tick[] {
  const least = ((to - from) / Math.max(1, width)) * 90;
  const major = steps.find((step) => step >= least) ?? Math.ceil(least / 3600) * 3600;
  const parts = major === 2 || major === 20 || major === 120 || major === 1200 ? 4 : 5;
  const minor = major / parts;
  const out: Tick[] = [];
  for (let index = Math.max(0, Math.ceil(from / minor - 1e-9)); index * minor <= to; index++) {
    out.push({ seconds: index * minor, isMajor: index % parts === 0 });
  }
  return out;
}
