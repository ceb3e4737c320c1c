import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { AppInfo, Args, Channel, EventData, EventName, Result } from '../contract/channels.ts';
import { StemwrightError } from '../contract/errors.ts';
import type { NativeModule } from '../engine/native.ts';
import type { JobQueue } from './jobs.ts';
import { demoFolder, type ModelLibrary } from './model-library.ts';
import type { ModelStore } from './model-store.ts';
import { offeredModels } from './official-models.ts';
import { planItem, type PaceHistory } from './plan.ts';
import { exportProject } from './project-export.ts';
import type { ProjectLibrary } from './projects.ts';
import type { PresetStore, SettingsStore } from './settings.ts';
import { songPaths } from './song-paths.ts';
import type { SongRun } from './song-run.ts';
import type { Tasks } from './tasks.ts';
import type { Uploads } from './uploads.ts';

/** What only the shell can do. */
export interface System {
  shell: AppInfo['shell'];
  /** Moves a folder where the user can get it back from. */
  trash: (path: string) => Promise<void>;
  /** Shows a folder in the system's file manager. */
  reveal: (path: string) => Promise<void>;
  /** A line for whoever looks after the program. */
  log: (line: string) => void;
}

export interface Services {
  version: string;
  native: NativeModule;
  system: System;
  settings: SettingsStore;
  presets: PresetStore;
  history: PaceHistory;
  models: ModelLibrary;
  modelStore: ModelStore;
  uploads: Uploads;
  library: ProjectLibrary;
  tasks: Tasks;
  queue: JobQueue;
  songs: SongRun;
  /** Gets a folder for each export that is to be fetched. */
  exportsFolder: string;
  emit: <E extends EventName>(event: E, data: EventData<E>) => void;
}

export type Handlers = { [C in Channel]: (args: Args<C>) => Result<C> | Promise<Result<C>> };

type Part<P extends string> = { [C in Extract<Channel, `${P}.${string}`>]: Handlers[C] };

const platforms: Partial<Record<NodeJS.Platform, AppInfo['platform']>> = { linux: 'linux', darwin: 'mac', win32: 'windows' };

/** One function for each request of the contract. They throw StemwrightErrors. */
export function makeHandlers(services: Services): Handlers {
  return {
    ...appHandlers(services),
    ...queueHandlers(services),
    ...projectHandlers(services),
    ...modelHandlers(services),
    ...taskHandlers(services),
    ...settingsHandlers(services),
    ...presetHandlers(services),
  };
}

export function defaultThreads({ settings, native }: Pick<Services, 'settings' | 'native'>): number {
  return settings.get().threads ?? native.info().hardwareThreads;
}

function appHandlers({ version, native, system, library }: Services): Part<'app'> {
  return {
    'app.info': () => {
      const { isa, hardwareThreads } = native.info();
      return {
        version,
        shell: system.shell,
        platform: platforms[process.platform] ?? 'other',
        engine: { isa, threads: hardwareThreads },
        cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
        memoryBytes: totalmem(),
        projectsFolder: library.folder,
      };
    },
  };
}

function queueHandlers(services: Services): Part<'queue'> {
  const { queue, uploads, settings, songs } = services;
  const add = async (list: { path: string; title: string | null }[], options: Args<'queue.add'>['options']) => {
    services.emit('settings', await settings.set({ lastOptions: options }));
    return queue.add(list, options);
  };
  return {
    'queue.plan': ({ path, options }) =>
      planItem(path, options, {
        store: services.modelStore,
        history: services.history,
        projectsFolder: services.library.folder,
        threads: defaultThreads(services),
      }),
    'queue.list': () => queue.get(),
    'queue.add': async ({ paths, options }) => add((await songPaths(paths)).map((path) => ({ path, title: null })), options),
    'queue.addDemo': async ({ options }) => {
      const [item] = await add([{ path: join(demoFolder, 'mix.flac'), title: 'Demo song' }], options);
      if (item === undefined) {
        throw new Error('the queue took the song and gave none back');
      }
      return item;
    },
    'queue.start': () => done(() => { queue.start(); }),
    'queue.pause': () => done(() => { queue.pause(); }),
    'queue.cancel': ({ id }) => done(() => { queue.cancel(id); }),
    'queue.retry': ({ id }) => done(() => { queue.retry(id); }),
    'queue.move': ({ id, before }) => done(() => { queue.move(id, before); }),
    'queue.remove': async ({ id }) => {
      const { path } = queue.remove(id);
      if (!queue.get().items.some((item) => item.path === path)) {
        await uploads.release(path);
      }
      return null;
    },
    'queue.progress': () => songs.progress,
  };
}

function projectHandlers(services: Services): Part<'projects'> {
  const { library, system, emit, tasks } = services;
  return {
    'projects.list': () => library.list(),
    'projects.open': ({ id }) => library.open(id),
    'projects.rename': async ({ id, title }) => {
      await library.rename(id, title);
      emit('library', null);
      return null;
    },
    'projects.delete': async ({ id }) => {
      await library.delete(id, system.trash);
      emit('library', null);
      return null;
    },
    'projects.reveal': async ({ id }) => {
      await system.reveal((await library.find(id)).folder);
      return null;
    },
    'projects.export': async (spec) => {
      const { file } = await library.find(spec.project);
      const task = tasks.start('export', file.title, async ({ id, signal, update }) => {
        const out = spec.folder ?? join(services.exportsFolder, id);
        const folder = await exportProject(spec, { native: services.native, library, out, signal, onProgress: update });
        return spec.folder === null ? { download: `downloads/${id}` } : { folder };
      });
      return { task };
    },
  };
}

function modelHandlers({ models, modelStore, uploads, tasks, emit }: Services): Part<'models'> {
  return {
    'models.list': () => models.list(),
    'models.offered': async () => {
      const ids = await modelStore.ids();
      return offeredModels().map((model) => ({ ...model, installed: ids.includes(model.id) }));
    },
    'models.import': async ({ path, name }) => {
      const { id } = await models.import(path, name);
      await uploads.release(path);
      emit('models', null);
      return { id };
    },
    'models.download': ({ id }) => {
      const task = tasks.start('download', id, async ({ signal, update }) => {
        await models.download(id, signal, (file, bytes, total) => {
          update(total === null ? null : Math.min(1, bytes / total), file);
        });
        emit('models', null);
        return {};
      });
      return { task };
    },
    'models.verify': ({ id }) => models.verify(id),
    'models.remove': async ({ id }) => {
      await models.remove(id);
      emit('models', null);
      return null;
    },
  };
}

function taskHandlers({ tasks, system }: Services): Part<'tasks'> {
  return {
    'tasks.list': () => tasks.list(),
    'tasks.cancel': ({ id }) => done(() => { tasks.cancel(id); }),
    'tasks.reveal': async ({ id }) => {
      const folder = tasks.list().find((task) => task.id === id)?.folder ?? null;
      if (folder === null) {
        throw new StemwrightError('usage', 'there is no such export', 'It may be from before the studio was started.');
      }
      await system.reveal(folder);
      return null;
    },
  };
}

function settingsHandlers({ settings, emit }: Services): Part<'settings'> {
  return {
    'settings.get': () => settings.get(),
    'settings.set': async (change) => {
      const changed = await settings.set(change);
      emit('settings', changed);
      return changed;
    },
  };
}

function presetHandlers({ presets, emit }: Services): Part<'presets'> {
  const changed = (): null => {
    emit('presets', presets.list());
    return null;
  };
  return {
    'presets.list': () => presets.list(),
    'presets.save': (preset) => presets.save(preset).then(changed),
    'presets.remove': ({ name }) => presets.remove(name).then(changed),
  };
}

function done(work: () => void): null {
  work();
  return null;
}
