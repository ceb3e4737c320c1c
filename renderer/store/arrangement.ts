/** What the arrangement's slices hold: what of the song is in sight, how it is heard, and what can be taken back. */
import type { QueueOptions, TimePitch } from '../client/contract.ts';
import type { Strip, Strips } from './strips.ts';

/** Seconds of the song that the lanes show. */
export interface Window {
  start: number;
  span: number;
}

export interface WindowSlice {
  window: Window;
  /** Turns the page when the playhead leaves it. */
  isFollowing: boolean;
  isOriginalOpen: boolean;
  /** Lanes that show their spectrum. */
  spectra: readonly string[];
  /** @param factor below 1 shows less of the song @param about seconds, which stay where they are */
  zoom: (factor: number, about: number) => void;
  /** By one step about the playhead, or the middle where it is not in sight. @param way −1 in, 1 out */
  zoomStep: (way: -1 | 1) => void;
  scroll: (start: number) => void;
  fit: () => void;
  /** Shows the loop and a little around it; all of the song when it is shown already, or there is none. */
  zoomToLoop: () => void;
  /** To be called each frame while the song plays. */
  follow: () => void;
  toggleFollowing: () => void;
  toggleOriginal: () => void;
  setSpectrum: (names: readonly string[], isOn: boolean) => void;
}

export interface Marker {
  id: string;
  seconds: number;
  label: string;
}

/** What a project keeps of how its song is heard. */
export interface Mix {
  strips: Strips;
  /** Seconds. */
  loop: readonly [number, number] | null;
  isLooping: boolean;
  /** In the order of their places. */
  markers: readonly Marker[];
  timePitch: TimePitch;
}

export interface MixSlice {
  strips: Strips;
  /** The lane that keys act on. */
  selected: string | null;
  /** Seconds that were marked by dragging over the lanes. */
  selection: readonly [number, number] | null;
  markers: readonly Marker[];
  select: (name: string) => void;
  /** How often the meters' overs were cleared. */
  clearings: number;
  clearOvers: () => void;
  setSelection: (from: number, to: number) => void;
  clearSelection: () => void;
  setStrip: (name: string, change: Partial<Strip>) => void;
  /** @param isExclusive takes the others' solo away */
  toggleSolo: (name: string, isExclusive: boolean) => void;
  /** Where the playhead is. @returns its id */
  addMarker: () => string | null;
  nameMarker: (id: string, label: string) => void;
  moveMarker: (id: string, seconds: number) => void;
  deleteMarker: (id: string) => void;
  /** Replaces the whole mix, and hears it. */
  putMix: (mix: Mix, selected: string | null) => void;
}

export interface HistorySlice {
  canUndo: boolean;
  canReapply: boolean;
  /** Changes the mix so that it can be taken back. Changes under one key, shortly after each other, count as one. */
  edit: (key: string, change: () => void) => void;
  /** A region of the project was redone: that is what is taken back next. */
  noteRegion: () => void;
  forgetHistory: () => void;
  undo: () => Promise<void>;
  reapply: () => Promise<void>;
}

export interface RegionChoice {
  options: QueueOptions;
  /** Null: all. */
  stems: string[] | null;
}

export interface RegionTime {
  seconds: number;
  isRough: boolean;
  /** Else measured with noise. */
  isOfThisSong: boolean;
}

export interface RegionSlice {
  isRegionOpen: boolean;
  openRegion: () => void;
  closeRegion: () => void;
  redoRegion: (choice: RegionChoice) => void;
  /** What redoing would take, as far as it is known. */
  regionTime: RegionTime | null;
  /** Asks for it: from how this song went, else from what was measured. */
  planRegion: (options: QueueOptions) => void;
  /** More is known. */
  replanRegion: () => void;
  /** The queue has changed. */
  followRegions: () => void;
}

export interface SpectrumSlice {
  /** 256 columns of 256 bytes, as the contract says; undefined until it is there, which `onSpectrum` tells. */
  spectrumTile: (address: string, level: number, index: number) => Uint8Array | undefined;
  onSpectrum: (listener: () => void) => () => void;
  /** The samples have changed. */
  forgetSpectra: () => void;
}
