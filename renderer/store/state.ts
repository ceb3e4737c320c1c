import type { StoreApi } from 'zustand/vanilla';
import type { StudioClient } from '../client/client.ts';
import type { AppInfo, Fault, ItemPlan, ItemProgress, Library, MenuCommand, ModelDescriptor, OfferedModel, Preset, Project, QueueItem, QueueOptions, Settings, Task } from '../client/contract.ts';
import type { Peaks } from '../units/peaks.ts';
import type { BenchmarksSlice } from './benchmarks-slice.ts';
import type { MachineSlice } from './machine.ts';
import type { HistorySlice, MixSlice, RegionSlice, SpectrumSlice, WindowSlice } from './arrangement.ts';
import type { ExportKind } from './export-parts.ts';
import type { CostKey } from './cost-variants.ts';
import type { Explained } from './faults.ts';
import type { ModeLoadsSlice, PrintsSlice, RackSlice, ResponsesSlice, RhythmSlice, SoundSlice } from './live.ts';
import type { Levels, Player } from './player.ts';
import type { Song } from './song.ts';

export interface Upload {
  id: number;
  name: string;
  fraction: number;
  /** Where it lies once it has arrived. */
  path: string | null;
}

export type Plan = { ok: true; plan: ItemPlan } | { ok: false; fault: Fault };

export interface QueueSlice {
  items: QueueItem[];
  isActive: boolean;
  /** Of the running item. */
  progress: ItemProgress | null;
  /** By item, as they become known. */
  plans: Readonly<Record<string, Plan>>;
  uploads: Upload[];
  /** Items that are shown no more, and can be brought back for a while. */
  removing: readonly string[];
  loadQueue: () => Promise<void>;
  addFiles: (files: readonly File[]) => void;
  addPaths: (paths: string[]) => Promise<void>;
  /** The finished song that is shown, with the choices as they are now. */
  separateAgain: () => void;
  /** Plans every item anew. */
  replan: () => void;
  addDemo: () => void;
  cancelUpload: (id: number) => void;
  cancelItem: (id: string) => void;
  retryItem: (id: string) => void;
  removeItem: (id: string) => void;
  /** @param before null: to the end */
  moveItem: (id: string, before: string | null) => void;
  setActive: (isActive: boolean) => void;
}

export interface ProjectSlice {
  library: Library;
  shown: { kind: 'item' | 'project'; id: string } | null;
  song: Song | null;
  /** Of a song that is done. */
  finished: Project | null;
  /** By lane, as they arrive. */
  peaks: Readonly<Record<string, Peaks>>;
  loadLibrary: () => Promise<void>;
  showItem: (id: string) => void;
  showProject: (id: string) => Promise<void>;
  showNothing: () => void;
  /** The queue, or what is known of an item, has changed. */
  followQueue: () => void;
  followProgress: (progress: ItemProgress) => void;
  /** The shown project as it is now, after a part of it was done anew or taken back. */
  refresh: (project: Project) => void;
  /** Its tracks are others. */
  reloadProject: () => Promise<void>;
  /** Keeps the mix with the project, a moment from now; with `isNow`, what still waits at once. */
  saveMix: (isNow?: boolean) => void;
  deleteProject: (id: string) => void;
  revealProject: (id: string) => void;
}

export interface ModelsSlice {
  models: ModelDescriptor[];
  offered: OfferedModel[];
  /** By id, of those that are being looked through or have been. */
  checks: Readonly<Record<string, 'running' | 'sound' | 'damaged'>>;
  isImporting: boolean;
  loadModels: () => Promise<void>;
  downloadModel: (id: string) => void;
  verifyModel: (id: string) => void;
  removeModel: (id: string) => void;
  importModelFiles: (files: readonly File[]) => void;
  importModel: (path: string) => Promise<void>;
  /** Asks the system for a file, and imports it. */
  chooseModel: () => Promise<void>;
}

export interface TasksSlice {
  tasks: Task[];
  loadTasks: () => Promise<void>;
  cancelTask: (id: string) => void;
  revealTask: (id: string) => void;
}

export const librarySorts = ['newest', 'title', 'length', 'size'] as const;
export type LibrarySort = (typeof librarySorts)[number];

export interface LibrarySlice {
  search: string;
  sort: LibrarySort;
  /** The search is to get the focus. */
  isSearching: boolean;
  setSearch: (search: string) => void;
  setSearching: (isSearching: boolean) => void;
  setSort: (sort: LibrarySort) => void;
  renameProject: (id: string, title: string) => void;
  /** @param path where the song's own file lies now */
  relocateProject: (id: string, path: string) => Promise<void>;
  /** Asks the system for a song. @returns null when none was chosen */
  chooseSong: (title: string) => Promise<string | null>;
}

/** What other choices would cost: plans of the song at hand. */
export interface CostsSlice {
  costs: Readonly<Partial<Record<CostKey, ItemPlan>>>;
  /** Plans anew, a little later, and once for several calls. */
  planCosts: () => void;
}

export interface ExportChoice {
  kind: ExportKind;
  /** Of the project's stems. */
  stems: readonly string[];
  format: Settings['exportFormat'];
  clipMode: Settings['clipMode'];
  dither: Settings['exportDither'];
  rate: Settings['exportRate'];
  pattern: string;
  /** Null: to be downloaded. */
  folder: string | null;
}

export interface ExportSlice {
  /** What was chosen last; stems by those that were left out. */
  exportKind: ExportKind;
  exportOmits: readonly string[];
  /** Those that this page has asked for, the newest last. */
  ownExports: readonly string[];
  /** @returns why it was refused; null when it runs */
  startExport: (choice: ExportChoice) => Promise<Explained | null>;
}

export interface PresetsSlice {
  presets: Preset[];
  loadPresets: () => Promise<void>;
  savePreset: (name: string) => Promise<void>;
  choosePreset: (name: string) => void;
  removePreset: (name: string) => void;
}

export interface SettingsSlice {
  /** Null until the studio has answered. */
  info: AppInfo | null;
  settings: Settings;
  setSettings: (change: Partial<Settings>) => void;
  /** How the next songs are separated. */
  setOptions: (change: Partial<QueueOptions>) => void;
  /** Asks the system for a folder. @returns null when none was chosen */
  chooseFolder: (title: string) => Promise<string | null>;
  loadSettings: () => Promise<void>;
}

export interface TransportSlice {
  isPlaying: boolean;
  /** Seconds; the region that can be looped. */
  loop: readonly [number, number] | null;
  isLooping: boolean;
  togglePlay: () => void;
  seek: (seconds: number) => void;
  seekBy: (seconds: number) => void;
  /** Shorter than a twentieth of a second: none. */
  setLoop: (from: number, to: number) => void;
  /** What was marked over the lanes becomes the loop. */
  loopSelection: () => void;
  toggleLoop: () => void;
  /** The song that is being separated has grown: what comes next is computed from the playhead on. */
  followPlayhead: () => void;
  /** Not state: both change with every look. */
  position: () => number;
  levels: (track?: string) => Levels;
}

/** What a notice offers to do. */
export interface NoticeAction {
  label: string;
  run: () => void;
  /** When the notice goes without it. */
  otherwise?: () => void;
}

export interface Notice {
  id: number;
  tone: 'ok' | 'warn' | 'bad';
  text: string;
  hint: string;
  action: NoticeAction | null;
  /** For those who look into it; folded. */
  details: string;
}

export type DialogName = 'help' | 'path' | 'export' | 'settings' | 'preset' | 'rename' | 'delete' | 'relocate' | 'removeModel' | 'feedback' | 'chain' | 'folders' | 'print' | 'saveBenchmarks';
export type Page = 'studio' | 'live' | 'benchmark' | 'models';

/** What depends on the shell that the page runs in. */
export interface ShellSlice {
  /** Whether what is dropped is known by its path, folders among it. */
  seesPaths: boolean;
  /** Of the application menu; silent where there is none. @returns what stops the listening */
  onCommand: (listener: (command: MenuCommand) => void) => () => void;
  /**
   * Lets a stem of the song that is shown be dragged to another program, as a file.
   * @param isHeld whether the pointer is still down: making the file may take longer than that
   */
  dragStem: (stem: string, isHeld: () => boolean) => void;
}

export interface ViewSlice {
  isConnected: boolean;
  page: Page;
  /** Too narrow for three columns: rail and inspector lie over the centre, one at a time. */
  isNarrow: boolean;
  isRailOpen: boolean;
  isInspectorOpen: boolean;
  dialog: DialogName | null;
  /** The id of what the dialog is about. */
  dialogSubject: string | null;
  notices: Notice[];
  showPage: (page: Page) => void;
  setNarrow: (isNarrow: boolean) => void;
  toggleRail: () => void;
  toggleInspector: () => void;
  /** Gives a narrow window its centre back. */
  closeDrawers: () => void;
  setDialog: (dialog: DialogName | null, subject?: string) => void;
  notify: (tone: Notice['tone'], text: string, hint?: string, action?: NoticeAction) => void;
  /** Takes a notice away; with `acts`, does what it offers. */
  dismiss: (id: number, acts?: boolean) => void;
  /** Runs what a person asked for; a refusal becomes a notice. */
  attempt: (work: () => Promise<unknown>) => Promise<void>;
}

export type StudioState = QueueSlice & ProjectSlice & ModelsSlice & TasksSlice & ExportSlice & PresetsSlice & LibrarySlice & CostsSlice & SettingsSlice & TransportSlice & WindowSlice & MixSlice & HistorySlice & RegionSlice & SpectrumSlice & SoundSlice & RackSlice & RhythmSlice & PrintsSlice & ModeLoadsSlice & ResponsesSlice & ShellSlice & BenchmarksSlice & MachineSlice & ViewSlice;
export type StudioStore = StoreApi<StudioState>;

/** What a slice works with. */
export interface Parts {
  client: StudioClient;
  player: Player;
  set: StudioStore['setState'];
  get: StudioStore['getState'];
}
