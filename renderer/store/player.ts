import type { MonitorChoice, MonitorLoad, TimePitch } from '../client/contract.ts';

export interface PlayableTrack {
  kind: MonitorLoad['tracks'][number]['kind'];
  name: string;
}

/** What can be played: tracks of one length that start together. */
export interface PlayableSong {
  /** Of the project, or of the queue's song that becomes it. */
  id: string;
  rate: number;
  frames: number;
  tracks: readonly PlayableTrack[];
}

export interface Levels {
  /** Linear, left and right. */
  left: number;
  right: number;
}

/** How the page plays the engine's sound, where there is no sound device. */
export interface OutputState {
  rate: number;
  /** From the engine to the loudspeaker. */
  latencySeconds: number;
  /** How often nothing lay ready. */
  underruns: number;
}

/** @param isTaken another page plays it now */
export type OutputListener = (state: OutputState | null, isTaken: boolean) => void;

/**
 * Sound and its clock behind one interface. Times are seconds of the song.
 * The view reads `position` and `levels` at display rate; neither allocates much nor waits.
 */
export interface Player {
  /** What sound is opened with when it is asked for; what is open stays as it is. */
  choose(choice: MonitorChoice): void;
  /** Fulfilled once sound is open, with the song in place. */
  prepare(): Promise<void>;
  /** Opens anew with what was chosen last; goes on where it was. */
  reopen(): Promise<void>;
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
  setTimePitch(timePitch: TimePitch): void;
  /** Of one track after its fader, or of the whole mix. */
  levels(name?: string): Levels;
  /** @param listener gets the fault too when a track could not be read */
  onState(listener: (isPlaying: boolean, fault?: Error) => void): () => void;
  onOutput(listener: OutputListener): () => void;
  close(): void;
}
