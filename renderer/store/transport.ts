import { focusing } from './focus.ts';
import { snapped } from './rhythm.ts';
import type { Parts, TransportSlice } from './state.ts';

/** Seconds; less is a slip of the hand. */
const shortestLoop = 0.05;

export function createTransportSlice(parts: Parts): TransportSlice {
  const { player, set, get } = parts;
  const focus = focusing(parts);
  player.onState((isPlaying, fault) => {
    set({ isPlaying });
    if (fault !== undefined) void get().attempt(() => Promise.reject(fault));
  });
  const seek = (seconds: number): void => {
    player.seek(seconds);
    focus();
  };
  const apply = (loop: TransportSlice['loop'], isLooping: boolean): void => {
    get().edit('loop', () => {
      set({ loop, isLooping });
      player.setLoop(isLooping ? loop : null);
    });
  };
  const setLoop = (from: number, to: number): void => {
    const seconds = get().song?.seconds ?? 0;
    const { snapsToBeats, rhythm } = get();
    const place = (at: number): number => (snapsToBeats && rhythm !== null ? snapped(at, rhythm.beats) : at);
    const start = Math.max(0, place(Math.min(from, to)));
    const end = Math.min(seconds, place(Math.max(from, to)));
    if (end - start >= shortestLoop) apply([start, end], true);
    else apply(null, false);
  };
  return {
    isPlaying: false,
    loop: null,
    isLooping: false,
    togglePlay: () => {
      if (get().isPlaying) player.pause();
      else player.play();
      focus();
    },
    seek,
    seekBy: (seconds) => {
      seek(player.position() + seconds);
    },
    setLoop,
    loopSelection: () => {
      const { selection } = get();
      if (selection === null) return;
      setLoop(...selection);
      set({ selection: null });
    },
    toggleLoop: () => {
      const { loop, isLooping, song } = get();
      if (song === null) return;
      apply(loop ?? [0, song.seconds], !isLooping);
    },
    followPlayhead: focus,
    position: () => player.position(),
    levels: (track) => player.levels(track),
  };
}
