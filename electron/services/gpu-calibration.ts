import { join } from 'node:path';
import { z } from 'zod';
import { GpuCalibration } from '../contract/hardware.ts';
import type { NativeGpu } from '../engine/native-jobs.ts';
import type { NativeModule } from '../engine/native.ts';
import { JsonFile } from './json-file.ts';

const Stored = z.record(z.string(), GpuCalibration);

export interface GpuCalibrationsSetting {
  native: Pick<NativeModule, 'calibrateGpu' | 'info'>;
  /** Of the user's data. */
  folder: string;
  /** As which figures of this one are known: its data may move to another. */
  machine: string;
  /** Whether something else computes: both would be slower, and the figures wrong. */
  isBusy: () => boolean;
  onMeasured: () => void;
  /** What was measured could not be kept for the next start. */
  onUnsaved: (error: unknown) => void;
}

/** From where on each graphics processor is faster than this machine's processor: measured once, in the background, and kept. */
export class GpuCalibrations {
  readonly #setting: GpuCalibrationsSetting;
  readonly #file: JsonFile<z.infer<typeof Stored>>;
  #known: Promise<z.infer<typeof Stored>> | null = null;
  #running: { controller: AbortController; ended: Promise<void> } | null = null;
  /** What could not be measured is not tried again before the next start. */
  readonly #failed = new Set<string>();
  #isClosed = false;

  constructor(setting: GpuCalibrationsSetting) {
    this.#setting = setting;
    this.#file = new JsonFile(join(setting.folder, 'gpu', 'calibrations.json'), Stored);
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** Null: it has not been measured. */
  async of(device: NativeGpu): Promise<GpuCalibration | null> {
    return (await this.#load())[this.#key(device)] ?? null;
  }

  /** Measures unless that is known, or something else computes; `onMeasured` says when it is. */
  async measure(device: NativeGpu): Promise<void> {
    const key = this.#key(device);
    const known = await this.#load();
    if (key in known || this.#failed.has(key) || this.#running !== null || this.#isClosed || this.#setting.isBusy()) return;
    const controller = new AbortController();
    const ended = this.#run(device, known, controller.signal).finally(() => {
      this.#running = null;
    });
    this.#running = { controller, ended };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.makeWay();
    await this.#file.settled();
  }

  /** Stops; to be called when a song's turn comes. */
  async makeWay(): Promise<void> {
    this.#running?.controller.abort();
    await this.#running?.ended;
  }

  async #run(device: NativeGpu, known: z.infer<typeof Stored>, signal: AbortSignal): Promise<void> {
    const { native, folder, onMeasured, onUnsaved } = this.#setting;
    try {
      known[this.#key(device)] = await native.calibrateGpu({ device: device.id, cacheFolder: join(folder, 'gpu'), threads: native.info().hardwareThreads, signal });
    } catch {
      // The guide's figures do as well; a separation says what is wrong with the device.
      if (!signal.aborted) this.#failed.add(this.#key(device));
      return;
    }
    onMeasured();
    await this.#file.save(known).catch(onUnsaved);
  }

  #load(): Promise<z.infer<typeof Stored>> {
    this.#known ??= this.#file.load().then((stored) => stored ?? {});
    return this.#known;
  }

  #key({ id, driver }: NativeGpu): string {
    return `${this.#setting.machine}, ${id} ${driver}`;
  }
}
