import type { Mix as KeptMix } from '../client/contract.ts';
import type { Mix } from './arrangement.ts';
import type { Lane } from './song.ts';
import { plainTimePitch } from './rhythm.ts';
import type { Parts } from './state.ts';
import { stripsFor, type Strip } from './strips.ts';

const restMs = 500;

/** As a project keeps it; silence is a gain of null. */
function writeMix({ strips, loop, isLooping, markers, timePitch }: Mix): KeptMix {
  const kept = Object.entries(strips).map(([name, { db, pan, isMuted, isSolo }]) => [name, { gainDb: Number.isFinite(db) ? db : null, pan, isMuted, isSolo }] as const);
  return { strips: Object.fromEntries(kept), loop: loop === null ? null : [...loop], isLooping, markers: [...markers], timePitch };
}

export function readMix({ strips, loop, isLooping, markers, timePitch = plainTimePitch }: KeptMix, lanes: readonly Lane[]): Mix {
  const read = Object.entries(strips).map(([name, { gainDb, pan, isMuted, isSolo }]): [string, Strip] => [name, { db: gainDb ?? -Infinity, pan, isMuted, isSolo }]);
  return { strips: stripsFor(lanes, Object.fromEntries(read)), loop, isLooping, markers, timePitch };
}

/** Keeps the shown project's mix, a moment after the last change; `flush` at once. */
export function mixSaving({ client, get }: Parts): { schedule: () => void; flush: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    const { finished, attempt } = get();
    if (finished === null) return;
    const mix = writeMix(get());
    void attempt(() => client.request('projects.saveMix', { id: finished.id, mix }));
  };
  return {
    schedule: () => {
      if (get().finished === null) return;
      clearTimeout(timer);
      timer = setTimeout(flush, restMs);
    },
    flush,
  };
}
