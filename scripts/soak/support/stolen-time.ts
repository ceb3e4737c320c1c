import { readFileSync } from 'node:fs';

/** What a host took of this virtual machine's processors so far, in ticks of /proc/stat; null where nothing tells. */
export function stolenTicks(stat = '/proc/stat'): number | null {
  try {
    const ticks = /^cpu +(?:\d+ ){7}(\d+)/.exec(readFileSync(stat, 'latin1'))?.[1];
    return ticks === undefined ? null : Number(ticks);
  } catch {
    return null;
  }
}

/** Two counters so far, read beside each other. */
export interface Poll {
  /** Blocks that were longer than they last by their own time. */
  overloads: number;
  ticks: number | null;
}

export interface Verdict {
  windows: number;
  stolenWindows: number;
  /** Overloads in windows in which nothing was taken: the engine's own. */
  own: number;
  /** Those in the others: nobody can say whose. */
  stolen: number;
  /** Not when half of the run or more was stolen. */
  isMeasured: boolean;
}

/**
 * Tells the engine's own overloads from those of which a host may have had a part: it charges what it takes to whoever runs. A window
 * goes from one poll to the next; as ticks are told late it counts as stolen, too, when one beside it is.
 */
export function judgeOverloads(polls: readonly Poll[]): Verdict {
  const rises = polls.slice(1).map(({ ticks }, i) => (ticks ?? 0) > (polls[i]?.ticks ?? 0));
  const verdict = { windows: rises.length, stolenWindows: 0, own: 0, stolen: 0 };
  for (let i = 0; i < rises.length; i++) {
    const isStolen = rises.slice(Math.max(0, i - 1), i + 2).includes(true);
    verdict.stolenWindows += isStolen ? 1 : 0;
    verdict[isStolen ? 'stolen' : 'own'] += (polls[i + 1]?.overloads ?? 0) - (polls[i]?.overloads ?? 0);
  }
  return { ...verdict, isMeasured: verdict.windows > 2 * verdict.stolenWindows };
}
