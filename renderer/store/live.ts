/** What the slices of the live view hold: sound as it is open, the chain that is shown, impulse responses. */
import type { ChainPreset, Effect, EffectPlace, Meters, ModeLoad, MonitorState, ResponseEdit, ResponseFacts, ResponseLibrary, ResponseRef, Rhythm, RhythmCorrection, Settings, SoundDevices, TimePitch, TransportState } from '../client/contract.ts';
import type { OutputState } from './player.ts';

export interface SoundSlice {
  /** Null: none is open. */
  monitor: MonitorState | null;
  /** Null until they have been asked for. */
  devices: SoundDevices | null;
  /** How the page plays the sound; null: it does not. */
  output: OutputState | null;
  /** Another page plays it. */
  isOutputTaken: boolean;
  isMeasuring: boolean;
  loadSound: () => Promise<void>;
  /** @param isAnew looks whether some have come or gone */
  loadDevices: (isAnew?: boolean) => Promise<void>;
  /** With what was chosen last; where that cannot be had, without a device. */
  openSound: () => Promise<void>;
  chooseSound: (change: Partial<Settings['sound']>) => Promise<void>;
  setInput: (change: Partial<MonitorState['input']>) => void;
  /** Opens the input, after a warning where it may feed back; or mutes it. */
  toggleInput: () => void;
  setHeadphones: (hasHeadphones: boolean) => void;
  /** @param gain linear */
  setMaster: (gain: number) => void;
  resetCounters: () => void;
  /** With a cable from output to input. */
  measureLatency: () => Promise<void>;
  /** Not state: it changes many times a second. Null while nothing is open. */
  transport: () => TransportState | null;
  /** Of the last ten seconds. */
  meterHistory: () => readonly Meters[];
}

/** Which chain is shown. */
export interface RackState {
  /** What goes through it: 'mix', 'input', or a track as `trackSource` names it. */
  source: string;
  /** Of the send bus, into which the source is sent; else the source's own. */
  isSend: boolean;
  slot: number;
  chains: ChainPreset[];
  /** The preset that was applied or saved last. */
  chainName: string | null;
}

export interface RackSlice extends RackState {
  loadChains: () => Promise<void>;
  setSource: (source: string) => void;
  setSend: (isSend: boolean) => void;
  /** @param gain linear */
  setSentGain: (gain: number) => void;
  /** Once the engine has been told of all changes to chains and sends. */
  rackSettled: () => Promise<void>;
  /** The engine's state, with the changes to effects that it has not answered yet. */
  keepEdits: (monitor: MonitorState | null) => MonitorState | null;
  selectSlot: (slot: number) => void;
  /** Shows the chain that it is in, and selects it. */
  showEffect: (place: EffectPlace) => void;
  /** Null takes it out. */
  putEffect: (slot: number, effect: Effect | null) => void;
  addEffect: (kind: Effect['kind']) => void;
  removeEffect: (slot: number) => void;
  moveEffect: (slot: number, way: -1 | 1) => void;
  toggleBypass: (slot: number) => void;
  /** Heard at once in the chain's reverb, which is put there where there is none. */
  audition: (response: ResponseRef) => void;
  applyChain: (name: string) => Promise<void>;
  /** What is in the chain stays, under no name. */
  leaveChain: () => void;
  saveChain: (name: string) => Promise<void>;
  removeChain: (name: string) => void;
}

export type ResponseShow = 'all' | 'favourites' | 'project';

export interface ResponsesSlice {
  responses: ResponseLibrary;
  responseSearch: string;
  responseShow: ResponseShow;
  isImportingResponses: boolean;
  /** All that is shown of one response, as its file has it and as it is edited. */
  described: { key: string; file: ResponseFacts | null; edited: ResponseFacts | null; fault: string | null } | null;
  loadResponses: () => Promise<void>;
  searchResponses: (search: string) => void;
  showResponses: (show: ResponseShow) => void;
  setFavourite: (response: ResponseRef, isFavourite: boolean) => void;
  importResponses: (files: readonly File[]) => void;
  importResponsePath: (path: string) => Promise<void>;
  /** One that was imported. */
  removeResponse: (response: ResponseRef) => void;
  addResponseFolder: (path: string) => Promise<void>;
  removeResponseFolder: (path: string) => void;
  describeResponse: (response: ResponseRef, edit: ResponseEdit) => void;
}

export interface RhythmSlice {
  /** Of the finished song that is shown; null: not known, or not yet. */
  rhythm: Rhythm | null;
  isFindingRhythm: boolean;
  /** How often in a row. */
  tapped: number;
  /** Ends of the loop go to the nearest beat. */
  snapsToBeats: boolean;
  timePitch: TimePitch;
  findRhythm: () => Promise<void>;
  correctRhythm: (correction: RhythmCorrection) => void;
  /** From the fourth tap on the tempo is that of the taps. */
  tapTempo: () => void;
  toggleSnap: () => void;
  seekBeat: (way: -1 | 1) => void;
  setTimePitch: (change: Partial<TimePitch>) => void;
}

export interface ModeLoadsSlice {
  /** Of the effect and the device that `key` tells; null: not measured yet. */
  modeLoads: { key: string; loads: readonly ModeLoad[] } | null;
  /** What each mode of the selected convolution would take here. */
  measureModes: () => void;
}

export interface PrintsSlice {
  /** Renders the chain that is shown to a new track: a stem's, the send bus's, or the master's. */
  print: (name: string) => Promise<void>;
  /** The same once more, of the stems as they are now. */
  printAgain: (name: string) => void;
  /** Once the notice that tells of it has gone. */
  removePrint: (name: string) => void;
}
