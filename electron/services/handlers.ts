import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { AppInfo, Args } from '../contract/channels.ts';
import { StemwrightError } from '../contract/errors.ts';
import { benchmarkHandlers } from './benchmark-handlers.ts';
import { chainHandlers, responseHandlers } from './effect-handlers.ts';
import { checkWritable } from './folders.ts';
import { demoFolder } from './model-library.ts';
import { monitorHandlers } from './monitor-handlers.ts';
import { offeredModels } from './official-models.ts';
import { planItem } from './plan.ts';
import { projectHandlers } from './project-handlers.ts';
import { defaultThreads, revealFolder, type Handlers, type Part, type Services } from './services.ts';
import { songPaths } from './song-paths.ts';

const platforms: Partial<Record<NodeJS.Platform, AppInfo['platform']>> = { linux: 'linux', darwin: 'mac', win32: 'windows' };

/** One function for each request of the contract. They throw StemwrightErrors. */
export function makeHandlers(services: Services): Handlers {
  return {
    ...appHandlers(services),
    ...systemHandlers(services),
    'hardware.state': () => services.hardware.get(),
    ...queueHandlers(services),
    ...projectHandlers(services),
    ...modelHandlers(services),
    ...taskHandlers(services),
    ...monitorHandlers(services),
    ...benchmarkHandlers(services),
    ...chainHandlers(services),
    ...responseHandlers(services),
    ...settingsHandlers(services),
    ...presetHandlers(services),
  };
}

function appHandlers({ version, native, system, library, modelStore, gpu }: Services): Part<'app'> {
  return {
    'app.info': async () => {
      const { isa, hardwareThreads, bf16 } = native.info();
      return {
        version,
        shell: system.shell,
        platform: platforms[process.platform] ?? 'other',
        engine: { isa, threads: hardwareThreads, bf16: bf16 === '' ? null : bf16 },
        cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
        memoryBytes: totalmem(),
        projectsFolder: library.folder,
        modelsFolder: await modelStore.folder(),
        ...(await gpu.describe()),
        can: {
          chooseFolder: system.chooseFolder !== undefined,
          chooseFiles: system.chooseFiles !== undefined,
          reveal: system.reveal !== undefined,
          trash: system.trash !== undefined,
          dragOut: system.shell === 'desktop',
        },
      };
    },
  };
}

function systemHandlers({ system }: Services): Part<'system'> {
  const refusal = () => new StemwrightError('usage', 'this shell has no dialogs of its own', 'Drop the files into the window, or give their path.');
  return {
    'system.chooseFolder': async ({ title }) => {
      if (system.chooseFolder === undefined) {
        throw refusal();
      }
      return { path: await system.chooseFolder(title) };
    },
    'system.chooseFiles': async ({ title, kind }) => {
      if (system.chooseFiles === undefined) {
        throw refusal();
      }
      return { paths: await system.chooseFiles(title, kind) };
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
        predictor: services.predictor,
        projectsFolder: services.library.folder,
        threads: defaultThreads(services),
        backend: ({ precision }) => services.gpu.expects({ backend: settings.get().backend, device: settings.get().gpuDevice, precision }),
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
    'queue.focus': ({ id, seconds }) =>
      done(() => {
        queue.check(id);
        songs.focus(id, seconds);
      }),
    'queue.progress': () => songs.progress,
  };
}

function modelHandlers({ models, modelStore, predictor, uploads, tasks, emit }: Services): Part<'models'> {
  const changed = () => {
    predictor.forget();
    emit('models', null);
  };
  return {
    'models.list': () => models.list(),
    'models.offered': async () => {
      const ids = await modelStore.ids();
      return offeredModels().map((model) => ({ ...model, installed: ids.includes(model.id) }));
    },
    'models.import': async ({ path, name }) => {
      const { id } = await models.import(path, name);
      await uploads.release(path);
      changed();
      return { id };
    },
    'models.download': ({ id }) => {
      const task = tasks.start('download', id, async ({ signal, update }) => {
        await models.download(id, signal, (file, bytes, total) => {
          update(total === null ? null : Math.min(1, bytes / total), file);
        });
        changed();
        return {};
      });
      return { task };
    },
    'models.verify': ({ id }) => models.verify(id),
    'models.remove': async ({ id }) => {
      await models.remove(id);
      changed();
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
      await revealFolder(system, folder);
      return null;
    },
  };
}

function settingsHandlers({ settings, predictor, heedSettings, emit }: Services): Part<'settings'> {
  return {
    'settings.get': () => settings.get(),
    'settings.set': async (change) => {
      if (typeof change.modelsFolder === 'string') {
        await checkWritable(change.modelsFolder);
      }
      const changed = await settings.set(change);
      emit('settings', changed);
      await heedSettings();
      if (change.modelsFolder !== undefined) {
        predictor.forget();
        emit('models', null);
      }
      if (change.threads !== undefined || change.memoryBudgetBytes !== undefined) {
        emit('plans', null);
      }
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
