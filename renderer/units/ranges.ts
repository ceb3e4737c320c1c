/** [start, end), in frames. */
export type Range = readonly [start: number, end: number];

/** Sorted, without overlaps, touching ones joined. */
export function joined(ranges: readonly Range[]): Range[] {
  const out: [number, number][] = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else if (end > start) out.push([start, end]);
  }
  return out;
}

/** What of `whole` the ranges leave open; the ranges are `joined`. */
export function gaps(ranges: readonly Range[], whole: Range): Range[] {
  const out: Range[] = [];
  let at = whole[0];
  for (const [start, end] of ranges) {
    if (start > at) out.push([at, Math.min(start, whole[1])]);
    at = Math.max(at, end);
  }
  if (at < whole[1]) out.push([at, whole[1]]);
  return out.filter(([start, end]) => end > start);
}
