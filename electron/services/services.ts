import type { AppInfo, Args, Channel, EventData, EventName, Result } from '../contract/channels.ts';
import type { ChainPreset } from '../contract/effects.ts';
import { printable, StemwrightError } from '../contract/errors.ts';
import type { Preset } from '../contract/settings.ts';
import type { NativeModule } from '../engine/native.ts';
import { launch } from '../media/process.ts';
import type { Benchmarks } from './benchmarks.ts';
import type { GpuCalibrations } from './gpu-calibration.ts';
import type { GpuChooser } from './gpu.ts';
import type { HardwareService } from './hardware.ts';
import type { JobQueue } from './jobs.ts';
import type { ModelLibrary } from './model-library.ts';
import type { ModelStore } from './model-store.ts';
import type { Monitor } from './monitor.ts';
import type { Predictor } from './predictor.ts';
import type { ProjectEdits } from './project-edits.ts';
import type { ProjectLibrary } from './projects.ts';
import type { ResponseStore } from './response-library.ts';
import type { NamedStore, SettingsStore } from './settings.ts';
import type { SongRun } from './song-run.ts';
import type { SpectrumTiles } from './spectrum.ts';
import type { Tasks } from './tasks.ts';
import type { Uploads } from './uploads.ts';

export type FileKind = Args<'system.chooseFiles'>['kind'];

/** What only the shell can do; what is absent it cannot. */
export interface System {
  shell: AppInfo['shell'];
  /** Moves a folder where the user can get it back from. */
  trash?: (path: string) => Promise<void>;
  /** Shows a folder in the system's file manager, which `launch` may start. */
  reveal?: (path: string, launch: (program: string, args: readonly string[]) => Promise<void>) => Promise<void>;
  /** Null: the user chose none. */
  chooseFolder?: (title: string) => Promise<string | null>;
  chooseFiles?: (title: string, kind: FileKind) => Promise<string[]>;
  /** A line for whoever looks after the program. */
  log: (line: string) => void;
}

export interface Services {
  version: string;
  native: NativeModule;
  system: System;
  hardware: HardwareService;
  spectra: SpectrumTiles;
  settings: SettingsStore;
  presets: NamedStore<Preset>;
  chains: NamedStore<ChainPreset>;
  responses: ResponseStore;
  predictor: Predictor;
  gpu: GpuChooser;
  calibrations: GpuCalibrations;
  /** The settings of GPU and memory, or the devices, have changed. */
  heedSettings: () => Promise<void>;
  models: ModelLibrary;
  modelStore: ModelStore;
  uploads: Uploads;
  library: ProjectLibrary;
  edits: ProjectEdits;
  tasks: Tasks;
  queue: JobQueue;
  songs: SongRun;
  monitor: Monitor;
  benchmarks: Benchmarks;
  /** Gets a folder for each export that is to be fetched. */
  exportsFolder: string;
  emit: <E extends EventName>(event: E, data: EventData<E>) => void;
}

export type Handlers = { [C in Channel]: (args: Args<C>) => Result<C> | Promise<Result<C>> };

export type Part<P extends string> = { [C in Extract<Channel, `${P}.${string}`>]: Handlers[C] };

export async function revealFolder({ reveal }: System, folder: string): Promise<void> {
  if (reveal === undefined) {
    throw new StemwrightError('usage', 'this shell cannot open the file manager', `The folder is ${printable(folder)}.`);
  }
  await reveal(folder, launch);
}

export function defaultThreads({ settings, native }: Pick<Services, 'settings' | 'native'>): number {
  return settings.get().threads ?? native.info().hardwareThreads;
}
