import { cpus } from 'node:os';

interface Reading {
  /** Milliseconds of all cores. */
  busy: number;
  whole: number;
  own: number;
}

/** Beyond this share of all cores, what others do makes a measurement too slow. */
const most = 0.2;

function read(): Reading {
  let [busy, whole] = [0, 0];
  for (const { times } of cpus()) {
    const used = times.user + times.nice + times.sys + times.irq;
    busy += used;
    whole += used + times.idle;
  }
  const { user, system } = process.cpuUsage();
  return { busy, whole, own: (user + system) / 1000 };
}

/** @return says whether other programs kept this machine busy in the meantime */
export function watchOthers(take: () => Reading = read): () => boolean {
  const before = take();
  return () => {
    const { busy, whole, own } = take();
    const elapsed = whole - before.whole;
    return elapsed > 0 && (busy - before.busy - (own - before.own)) / elapsed > most;
  };
}
