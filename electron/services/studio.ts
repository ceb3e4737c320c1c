import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isChannel, requests, type Answer, type EventData, type EventName } from '../contract/channels.ts';
import { ChainPreset } from '../contract/effects.ts';
import { printable, StemwrightError, toFault } from '../contract/errors.ts';
import { loadNative } from '../engine/load.ts';
import type { NativeModule } from '../engine/native.ts';
import { startToolsThrough } from '../media/process.ts';
import { Addresses, type Content } from './addresses.ts';
import { Benchmarks } from './benchmarks.ts';
import { batchMeasurable } from './benchmark-batch.ts';
import { guideMeasurables } from './benchmark-guide.ts';
import { measurables } from './benchmark-list.ts';
import { peerMeasurables } from './benchmark-peers.ts';
import { userFolders, type Folders } from './folders.ts';
import { makeHandlers } from './handlers.ts';
import { HardwareService } from './hardware.ts';
import { GpuCalibrations } from './gpu-calibration.ts';
import { GpuChooser } from './gpu.ts';
import { holdFolder } from './instance.ts';
import { sweepJobFolders } from './job-folder.ts';
import { JobQueue, type RunItem } from './jobs.ts';
import { ModelLibrary } from './model-library.ts';
import { ModelStore } from './model-store.ts';
import { Monitor } from './monitor.ts';
import { PaceHistory, thisMachine } from './pace.ts';
import { playableProject } from './playable-song.ts';
import { Predictor } from './predictor.ts';
import { completeProject } from './project-delivery.ts';
import { ProjectEdits } from './project-edits.ts';
import { ProjectLibrary } from './projects.ts';
import { ResponseStore } from './response-library.ts';
import { ResponseTracks } from './response-tracks.ts';
import { defaultThreads, type Handlers, type Services, type System } from './services.ts';
import { NamedStore, SettingsStore, StoredPreset } from './settings.ts';
import { SongRun } from './song-run.ts';
import { SpectrumTiles } from './spectrum.ts';
import { Tasks } from './tasks.ts';
import { Uploads } from './uploads.ts';
import { settingsPath } from './user-models.ts';

export type { System } from './services.ts';

export interface StudioSetting {
  system: System;
  folders?: Folders;
  native?: NativeModule;
}

export type Listener = <E extends EventName>(event: E, data: EventData<E>) => void;

const maxUploadBytes = 2 ** 36;

/** Everything a shell offers its page: an answer to each request of the contract, and the contract's events. */
export class Studio {
  readonly #services: Services;
  readonly #handlers: Handlers;
  readonly #addresses: Addresses;
  readonly #listeners: Set<Listener>;
  readonly #lock: { release(): Promise<void> };
  readonly #refused = new Set<string>();

  private constructor(services: Services, listeners: Set<Listener>, lock: { release(): Promise<void> }) {
    this.#services = services;
    this.#handlers = makeHandlers(services);
    this.#addresses = new Addresses(services, services.spectra);
    this.#listeners = listeners;
    this.#lock = lock;
  }

  /** @throws StemwrightError 'usage' when another process has the data folder */
  static async open({ system, folders = userFolders(), native = loadNative() }: StudioSetting): Promise<Studio> {
    const lock = await holdFolder(folders.data);
    const listeners = new Set<Listener>();
    try {
      const services = await openServices({ system, folders, native }, () => listeners.size > 0, (event, data) => {
        listeners.forEach((listener) => {
          listener(event, data);
        });
      });
      return new Studio(services, listeners, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Answers one request. Never throws: what is not in the contract is refused, and logged once. */
  async answer(channel: string, args: unknown): Promise<Answer<unknown>> {
    try {
      if (!isChannel(channel)) {
        throw this.#refusal('unknown', `there is no channel "${printable(channel.slice(0, 64))}"`);
      }
      const parsed = requests[channel].args.safeParse(args);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw this.#refusal(channel, `${channel}: ${printable([issue?.path.join('.') ?? '', issue?.message ?? ''].filter((text) => text !== '').join(': '))}`);
      }
      const handler = this.#handlers[channel] as (args: unknown) => unknown;
      return { ok: true, value: requests[channel].result.parse(await handler(parsed.data)) };
    } catch (error) {
      const fault = toFault(error);
      if (fault.code === 'internal') {
        this.#services.system.log(`${printable(channel.slice(0, 64))}: ${fault.message}`);
      }
      return { ok: false, ...fault };
    }
  }

  /** Queues songs with the options used last. */
  addSongs(paths: readonly string[]): Promise<Answer<unknown>> {
    return this.answer('queue.add', { paths, options: this.#services.settings.get().lastOptions });
  }

  /** @return stops the listening */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * What an address in an answer leads to; null when there is nothing.
   * @param segments as `addressSegments` gives them
   */
  content(segments: readonly string[]): Promise<Content | null> {
    return this.#addresses.find(segments);
  }

  /** Of a silent monitor, for the one page that plays it itself. */
  get output(): Pick<Monitor, 'readOutput' | 'setPace'> {
    return this.#services.monitor;
  }

  /** Takes a file that the page cannot name by its path. */
  upload(name: string, chunks: AsyncIterable<Uint8Array>): Promise<string> {
    return this.#services.uploads.receive(name, chunks, maxUploadBytes);
  }

  /** Ends all work and writes everything down. */
  async close(): Promise<void> {
    const { system, queue, tasks, songs, monitor, responses, predictor, calibrations, benchmarks, hardware, exportsFolder } = this.#services;
    await Promise.all([benchmarks.close(), queue.close(), tasks.close(), monitor.close().catch(sayFault(system)), predictor.makeWay(), calibrations.close()]);
    hardware.close();
    await responses.close();
    await songs.close();
    await rm(exportsFolder, { recursive: true, force: true });
    await this.#lock.release();
  }

  #refusal(key: string, message: string): StemwrightError {
    if (!this.#refused.has(key)) {
      this.#refused.add(key);
      this.#services.system.log(`refused: ${message}`);
    }
    return new StemwrightError('usage', message, 'The page and the program may be of different versions: reload it.');
  }
}

async function openServices({ system, folders, native }: Required<StudioSetting>, isHeeded: () => boolean, emit: Services['emit']): Promise<Services> {
  startToolsThrough(native.startProgram);
  const { data, config } = folders;
  const exportsFolder = join(data, 'exports');
  const library = new ProjectLibrary(join(data, 'projects'));
  const edits = new ProjectEdits(native);
  const uploads = new Uploads(data);
  const settings = await SettingsStore.open(settingsPath(folders));
  const modelStore = new ModelStore(data, () => Promise.resolve(settings.get().modelsFolder));
  const history = await PaceHistory.open(data, thisMachine(native.info().isa));
  const spectra = new SpectrumTiles(native);
  const hardware = new HardwareService({
    native,
    onChange: (state) => {
      emit('hardware', state);
    },
    onPressure: () => {
      spectra.release();
    },
  });
  const gpu = new GpuChooser(native, data, hardware, system.log);
  const songs = new SongRun({
    native,
    gpu,
    backend: () => settings.get(),
    models: modelStore,
    library,
    edits,
    memoryBudgetBytes: () => settings.get().memoryBudgetBytes,
    keepsPath: (path) => !uploads.holds(path),
    history,
    threads: () => defaultThreads({ settings, native }),
    onProgress: (progress) => {
      emit('progress', progress);
      void monitor.setFinished(progress.id, progress.progress.finished).catch(sayFault(system));
    },
  });
  let isBusy = false;
  let benchmarks: Benchmarks | null = null;
  const calibrations: GpuCalibrations = new GpuCalibrations({
    ...{ native, folder: data, machine: thisMachine(native.info().isa) },
    isBusy: () => isBusy || benchmarks?.isRunning === true || predictor.isMeasuring,
    onMeasured: () => {
      void heedSettings();
    },
    onUnsaved: (error) => {
      system.log(`what the GPU is worth here was measured and could not be kept: ${toFault(error).message}`);
    },
  });
  const heedSettings = (): Promise<void> => configureGpu().catch(sayFault(system));
  const configureGpu = async (): Promise<void> => {
    // Looking for devices starts their drivers: the page comes first.
    await setImmediate();
    const { gpuDevice, gpuOnBattery, memoryBudgetBytes } = settings.get();
    const device = gpu.device(gpuDevice);
    const calibration = device === undefined ? null : await calibrations.of(device);
    hardware.configure({ hasGpu: device !== undefined, useGpuOnBattery: gpuOnBattery, calibration, budgetBytes: memoryBudgetBytes ?? 0 });
    if (device !== undefined) await calibrations.measure(device);
  };
  const predictor: Predictor = new Predictor({
    ...{ native, models: modelStore, history, folder: library.folder },
    memoryBudgetBytes: () => settings.get().memoryBudgetBytes,
    isBusy: () => isBusy || benchmarks?.isRunning === true || calibrations.isRunning,
    onMore: () => {
      emit('plans', null);
    },
  });
  const responses = await ResponseStore.open({
    ...{ native, file: join(config, 'responses.json'), folder: join(data, 'responses') },
    tracks: new ResponseTracks(native, library.folder),
    onChange: () => {
      emit('responses', null);
    },
  });
  const monitor = new Monitor({
    ...{ native, responses },
    tailDevice: () => gpu.tailDevice(settings.get().gpuDevice),
    find: async (id) => {
      const running = songs.playable(id);
      if (running !== null) {
        return running;
      }
      const project = await library.find(id);
      await completeProject(native, project);
      return playableProject(project);
    },
    isHeeded,
    onState: (state) => {
      emit('monitor', state);
    },
    onDevices: () => {
      emit('devices', null);
    },
    onMeters: (meters) => {
      emit('meters', meters);
    },
    onTransport: (transport) => {
      emit('transport', transport);
    },
  });
  const run: RunItem = async (item, signal) => {
    isBusy = true;
    try {
      await benchmarks?.whenIdle(signal);
      await Promise.all([predictor.makeWay(), calibrations.makeWay()]);
      const outcome = await songs.run(item, signal);
      await monitor.settle(item.id).catch(sayFault(system));
      return outcome;
    } catch (error) {
      // Its tracks are gone.
      await monitor.unload(item.id).catch(sayFault(system));
      throw error;
    } finally {
      isBusy = false;
      void heedSettings();
      if (item.redo !== null) {
        await monitor.refresh(item.redo.project);
      }
    }
  };
  benchmarks = await Benchmarks.open(data, {
    native,
    measurables: [
      ...measurables(native),
      batchMeasurable(native),
      ...guideMeasurables({ native, models: modelStore, folder: library.folder }),
      ...(await peerMeasurables(native, process.env['STEMWRIGHT_PEERS'] ?? null)),
    ],
    threads: () => defaultThreads({ settings, native }),
    isSeparating: () => isBusy,
    makeWay: async () => {
      await Promise.all([predictor.makeWay(), calibrations.makeWay()]);
    },
    onProgress: (progress, result) => {
      emit('benchmark', { progress, result });
    },
  });
  await Promise.all([sweepJobFolders(library.folder), rm(exportsFolder, { recursive: true, force: true })]);
  await recoverEdits(library, edits, system);
  const queue = await JobQueue.open(join(data, 'queue.json'), run, {
    onChange: (changed) => {
      emit('queue', changed);
    },
    onDone: () => {
      emit('library', null);
      emit('plans', null);
    },
    onFault: ({ message }) => {
      system.log(message);
    },
  });
  const presets = await NamedStore.open(join(config, 'presets.json'), StoredPreset);
  const chains = await NamedStore.open(join(config, 'chains.json'), ChainPreset);
  await uploads.sweep(queue.get().items.map(({ path }) => path));
  void heedSettings();
  return {
    version: native.info().version,
    ...{ native, system, settings, predictor, library, edits, uploads, songs, responses, monitor, benchmarks, queue, exportsFolder, emit },
    presets,
    chains,
    models: new ModelLibrary(modelStore, () => native),
    ...{ modelStore, hardware, spectra, gpu, calibrations, heedSettings },
    tasks: new Tasks((task) => {
      emit('task', task);
    }),
  };
}

function sayFault({ log }: System): (error: unknown) => void {
  return (error) => {
    log(toFault(error).message);
  };
}

/** What an earlier process has left half done is done, or undone, before anyone looks at it. */
async function recoverEdits(library: ProjectLibrary, edits: ProjectEdits, system: System): Promise<void> {
  for (const project of await library.all().catch(() => [])) {
    await edits.recover(project).catch((error: unknown) => {
      system.log(`${printable(project.folder)}: a part that was being done anew cannot be put right: ${toFault(error).message}`);
    });
  }
}
