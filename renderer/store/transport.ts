import type { Parts, TransportSlice } from './state.ts';

const shortestLoop = 0.05;

export function createTransportSlice({ player, set, get }: Parts): TransportSlice {
  player.onState((isPlaying, fault) => {
    set({ isPlaying });
    if (fault === undefined) return;
    if (get().shown?.kind === 'item') get().notify('ok', 'The stems are being put together. They can be heard again when that is done.');
    else void get().attempt(() => Promise.reject(fault));
  });
  const seek = (seconds: number): void => {
    player.seek(seconds);
  };
  const apply = (loop: TransportSlice['loop'], isLooping: boolean): void => {
    set({ loop, isLooping });
    player.setLoop(isLooping ? loop : null);
  };
  return {
    isPlaying: false,
    loop: null,
    isLooping: false,
    togglePlay: () => {
      if (get().isPlaying) player.pause();
      else player.play();
    },
    seek,
    seekBy: (seconds) => {
      seek(player.position() + seconds);
    },
    setLoop: (from, to) => {
      const seconds = get().song?.seconds ?? 0;
      const start = Math.max(0, Math.min(from, to));
      const end = Math.min(seconds, Math.max(from, to));
      if (end - start >= shortestLoop) apply([start, end], true);
      else apply(null, false);
    },
    clearLoop: () => {
      apply(null, false);
    },
    toggleLoop: () => {
      const { loop, isLooping, song } = get();
      if (song === null) return;
      apply(loop ?? [0, song.seconds], !isLooping);
    },
    position: () => player.position(),
    levels: (track) => player.levels(track),
  };
}
