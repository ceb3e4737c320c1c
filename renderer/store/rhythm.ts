import type { Rhythm, TimePitch } from '../client/contract.ts';
import type { RhythmSlice } from './live.ts';
import type { Parts } from './state.ts';

const leastTaps = 4;
/** A longer pause begins anew. */
const longestTapMs = 2500;
const slowest = 20;
const fastest = 400;
/** The playhead is at a beat when it is this near. Seconds. */
const atBeat = 0.03;

export const plainTimePitch: TimePitch = { semitones: 0, speed: 1 };

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/** The beat that is nearest; the place itself where none is within a beat's length. */
export function snapped(seconds: number, beats: readonly number[]): number {
  const after = beats.findIndex((beat) => beat >= seconds);
  const near = [beats[after < 0 ? beats.length - 1 : after - 1], beats[after]].filter((beat) => beat !== undefined);
  const best = near.toSorted((a, b) => Math.abs(a - seconds) - Math.abs(b - seconds))[0];
  const [first = 0, second = first] = beats;
  return best !== undefined && Math.abs(best - seconds) <= Math.max(second - first, 0.5) ? best : seconds;
}

export function createRhythmSlice({ client, player, set, get }: Parts): RhythmSlice {
  let taps: { at: number; seconds: number }[] = [];
  const correct = (correction: Parameters<RhythmSlice['correctRhythm']>[0]): void => {
    const { finished, rhythm, attempt } = get();
    if (finished === null) return;
    void attempt(async () => {
      const corrected = await client.request('projects.correctRhythm', { id: finished.id, correction });
      if (get().finished?.id === finished.id) set({ rhythm: corrected });
      if (correction.kind !== 'key' && rhythm?.isCorrected === false) get().notify('ok', 'The beats were corrected.', '', { label: 'As they were found', run: () => { correct({ kind: 'reset' }); } });
    });
  };
  return {
    ...{ rhythm: null, isFindingRhythm: false, tapped: 0, snapsToBeats: false, timePitch: plainTimePitch },
    findRhythm: async () => {
      const id = get().finished?.id;
      taps = [];
      set({ rhythm: null, tapped: 0, isFindingRhythm: id !== undefined });
      if (id === undefined) return;
      // A song without one plays as well.
      const rhythm: Rhythm | null = await client.request('projects.rhythm', { id }).catch(() => null);
      if (get().finished?.id === id) set({ rhythm, isFindingRhythm: false });
    },
    correctRhythm: correct,
    tapTempo: () => {
      if (get().finished === null) return;
      const at = performance.now();
      const last = taps.at(-1);
      taps = [...(last === undefined || at - last.at > longestTapMs ? [] : taps.slice(-15)), { at, seconds: player.position() }];
      set({ tapped: taps.length });
      if (taps.length < leastTaps) return;
      const gaps = taps.slice(1).map((tap, index) => tap.at - (taps[index]?.at ?? 0));
      // Taps follow what is heard, which may be slower or faster than the song.
      const bpm = 60_000 / median(gaps) / get().timePitch.speed;
      if (bpm >= slowest && bpm <= fastest) correct({ kind: 'tap', bpm, offsetSeconds: taps.at(-1)?.seconds ?? 0 });
    },
    toggleSnap: () => {
      set(({ snapsToBeats }) => ({ snapsToBeats: !snapsToBeats }));
    },
    seekBeat: (way) => {
      const beats = get().rhythm?.beats ?? [];
      const at = player.position();
      const next = way > 0 ? beats.find((beat) => beat > at + atBeat) : beats.findLast((beat) => beat < at - atBeat);
      if (next !== undefined) get().seek(next);
    },
    setTimePitch: (change) => {
      const timePitch = { ...get().timePitch, ...change };
      get().edit('timePitch', () => {
        set({ timePitch });
        player.setTimePitch(timePitch);
      });
    },
  };
}
