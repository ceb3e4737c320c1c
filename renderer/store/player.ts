/** What can be played: tracks of one length that start together. */
export interface PlayableSong {
  rate: number;
  channels: number;
  frames: number;
  tracks: { name: string; address: string }[];
}

export interface Levels {
  /** Linear, the highest sample since the last look, left and right. */
  left: number;
  right: number;
}

/**
 * Sound and its clock behind one interface. Times are seconds of the song.
 * The view reads `position` and `levels` at display rate; neither allocates much nor waits.
 */
export interface Player {
  /**
   * Replaces the song; null: none.
   * @param keepsPlace goes on from where the playhead is, as when a song's live tracks become its project's
   */
  load(song: PlayableSong | null, keepsPlace: boolean): void;
  play(): void;
  pause(): void;
  seek(seconds: number): void;
  position(): number;
  /** Plays [start, end) again and again once it is inside. */
  setLoop(loop: readonly [number, number] | null): void;
  /** @param gain linear @param pan −1 to 1 */
  setTrack(name: string, gain: number, pan: number): void;
  /** Of one track after its fader, or of the whole mix. */
  levels(name?: string): Levels;
  /** @param listener gets the fault too when a track could not be read */
  onState(listener: (isPlaying: boolean, fault?: Error) => void): () => void;
  close(): void;
}
