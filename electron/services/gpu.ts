import { join } from 'node:path';
import { z } from 'zod';
import type { AppInfo } from '../contract/channels.ts';
import { StemwrightError, toFault } from '../contract/errors.ts';
import type { SeparationOptions, Warning } from '../contract/separation.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeGpu, NativeJob, NativeSeparationSpec } from '../engine/native-jobs.ts';
import type { NativeTailGpu } from '../engine/native-sound.ts';
import type { GpuWork, NativeModule } from '../engine/native.ts';
import { runSeparation, type SeparationDone, type SeparationProgressEvent } from './engine-run.ts';
import type { GpuPolicy } from './hardware.ts';
import { JsonFile } from './json-file.ts';
import type { LoadedModel } from './models.ts';

const Verdict = z.strictObject({
  isAccepted: z.boolean(),
  /** The processor's power over that of the difference; 0 for garbage. */
  agreementDb: z.number(),
  /** Of one test segment. */
  gpuSeconds: z.number(),
  cpuSeconds: z.number(),
});
export type Verdict = z.infer<typeof Verdict>;

const Verdicts = z.record(z.string(), Verdict);

export type GpuWish = Pick<SeparationOptions, 'backend' | 'precision'> & {
  /** Id of a device; null: the preferred one. */
  device: string | null;
  threads: number;
};

/** Where a model will be computed, and what the user should know of that. */
export interface ComputePlace {
  /** Name; null: the processor. */
  gpu: string | null;
  warnings: Warning[];
}

const onCpu: ComputePlace = { gpu: null, warnings: [] };

/** The widest layer of HTDemucs over the tokens of a segment: where that is slower on a device, nothing of it is worth a try. */
const widestLayer: GpuWork = { operation: 'matrix-product', size: 384 * 1536, batch: 2688 };

/** How long devices are taken to be those that were there. */
const inventoryMs = 10_000;

type SeparationRun = [
  spec: Omit<NativeSeparationSpec, 'models' | 'onGpu'>,
  onProgress: (event: SeparationProgressEvent) => void,
  signal: AbortSignal,
  onStart: ((job: NativeJob) => void) | undefined,
];

/** `held`: why the device was left alone for a while; empty: it was not. */
type HeldSeparation = SeparationDone & { held: string };

/** A device, and what is known of it. */
export interface GpuFacts {
  device: NativeGpu;
  /** Of any model, the last one. */
  verdict: Verdict | null;
}

/**
 * Which graphics processor computes what. A device is trusted with a model once it has computed a segment as the processor
 * does, until its driver changes, or our own code for it; one that did not is refused, and that is remembered too.
 */
export class GpuChooser {
  readonly #native: NativeModule;
  readonly #policy: GpuPolicy;
  readonly #cacheFolder: string;
  readonly #file: JsonFile<Record<string, Verdict>>;
  readonly #onFault: (error: unknown) => void;
  #verdicts: Promise<Record<string, Verdict>> | null = null;
  #seen: { at: number; inventory: ReturnType<NativeModule['gpuDevices']> } | null = null;
  /** The device that a loaded model lies on. */
  readonly #placed = new WeakMap<LoadedModel, string>();

  /**
   * @param folder for verdicts and compiled pipelines @param policy what `auto` heeds
   * @param onFault gets a sentence where verdicts cannot be read, or kept for the next start: devices are tested anew then
   */
  constructor(native: NativeModule, folder: string, policy: GpuPolicy, onFault: (message: string) => void) {
    this.#native = native;
    this.#policy = policy;
    this.#onFault = (error) => {
      onFault(`the GPU's tests are not kept: ${toFault(error).message}`);
    };
    this.#cacheFolder = join(folder, 'gpu');
    this.#file = new JsonFile(join(folder, 'gpu', 'verdicts.json'), Verdicts);
  }

  /** For the page: what there is, and how it did. */
  async describe(): Promise<Pick<AppInfo, 'backends' | 'gpus'>> {
    const { devices, reason } = this.#look();
    const preferred = devices.find(({ isPreferred }) => isPreferred);
    const verdicts = await this.#load();
    return {
      backends: [
        { id: 'cpu', isAvailable: true, reason: '' },
        { id: 'gpu', isAvailable: devices.length > 0, reason: reason === '' && preferred === undefined ? 'only a software driver is here, which Auto never takes' : reason },
      ],
      gpus: devices.map((device) => ({ ...pick(device), verdict: this.#lastOf(verdicts, device) })),
    };
  }

  /** The one that work goes to. @param wanted id; null: the preferred one */
  device(wanted: string | null): NativeGpu | undefined {
    return choose(this.#look().devices, wanted);
  }

  /** Where a live tail goes, which compares itself with the processor before it is heard; or why it does not. */
  async tailDevice(wanted: string | null): Promise<NativeTailGpu | string> {
    const facts = await this.facts(wanted);
    if (facts === null) {
      const { devices, reason } = this.#look();
      return devices.length === 0 ? reason : wanted === null ? 'only a software driver is here, which is taken by name alone' : 'the GPU that was chosen is not here';
    }
    const { device, verdict } = facts;
    return verdict?.isAccepted === false ? `${device.name} has failed its test` : { device: device.id, cacheFolder: this.#cacheFolder };
  }

  async facts(wanted: string | null): Promise<GpuFacts | null> {
    const device = this.device(wanted);
    return device === undefined ? null : { device, verdict: this.#lastOf(await this.#load(), device) };
  }

  /** Where a song will probably be computed, as far as is known without trying. */
  async expects({ backend, device, precision }: Omit<GpuWish, 'threads'>): Promise<'cpu' | 'gpu'> {
    const found = backend === 'cpu' || precision !== 'fp32' ? null : await this.facts(device);
    if (found === null) {
      return 'cpu';
    }
    const { verdict } = found;
    const isHeld = this.#policy.reason() !== '' || (verdict === null && !this.#policy.shouldUseGpu(widestLayer));
    return verdict?.isAccepted === false || (backend === 'auto' && (isHeld || isSlower(verdict ?? undefined))) ? 'cpu' : 'gpu';
  }

  /**
   * Puts the model on a device, or says why it stays on the processor.
   * @throws StemwrightError 'usage' when the GPU was asked for and cannot be had; one that has no room for the model leaves it to
   *     the processor
   */
  async place(model: LoadedModel, wish: GpuWish): Promise<ComputePlace> {
    if (wish.backend === 'cpu') {
      return onCpu;
    }
    const isAsked = wish.backend === 'gpu';
    const refuse = (message: string, hint: string): ComputePlace => {
      if (isAsked) {
        throw new StemwrightError('usage', message, hint);
      }
      return onCpu;
    };
    if (wish.precision !== 'fp32') {
      return refuse(`the GPU does not compute in ${wish.precision}`, 'Choose fp32, or --backend cpu.');
    }
    const { devices, reason } = this.#look();
    const device = choose(devices, wish.device);
    if (device === undefined) {
      const there = devices.map(({ name }) => name).join(', ');
      return refuse(reason === '' ? `no such GPU; there is ${there}` : `there is no GPU: ${reason}`, 'Use --backend auto or cpu, or name a device with STEMWRIGHT_GPU.');
    }
    const held = isAsked ? '' : this.#policy.reason();
    if (held !== '') {
      return { gpu: null, warnings: [{ code: 'gpu-held', message: `${device.name} was not used: ${held}` }] };
    }
    try {
      return await this.#putOn(device, model, wish);
    } catch (caught) {
      const error = fromNative(caught);
      const { code, message } = toFault(error);
      if (isAsked && code !== 'no-room') {
        throw error;
      }
      return { gpu: null, warnings: [{ code: 'gpu-refused', message: `${device.name} was not used: ${message}` }] };
    }
  }

  async #putOn(device: NativeGpu, model: LoadedModel, { backend, threads }: GpuWish): Promise<ComputePlace> {
    const verdicts = await this.#load();
    const key = `${this.#keyStart(device)}${model.sha256}`;
    let verdict = verdicts[key];
    if (verdict === undefined && backend === 'auto' && !this.#policy.shouldUseGpu(widestLayer)) {
      return onCpu;
    }
    if (verdict?.isAccepted !== false && !(backend === 'auto' && isSlower(verdict)) && this.#placed.get(model) !== device.id) {
      const isTrusted = verdict !== undefined;
      for (const { model: part } of model.parts) {
        const found = await part.prepareGpu({ device: device.id, cacheFolder: this.#cacheFolder, isTrusted, threads });
        if (!isTrusted && (verdict === undefined || !found.isAccepted)) {
          verdict = Verdict.parse({ isAccepted: found.isAccepted, agreementDb: found.agreementDb, gpuSeconds: found.gpuSeconds, cpuSeconds: found.cpuSeconds });
        }
      }
      if (!isTrusted && verdict !== undefined) {
        verdicts[key] = verdict;
        await this.#file.save(verdicts).catch(this.#onFault);
      }
      if (verdict?.isAccepted === true) {
        this.#placed.set(model, device.id);
      }
    }
    if (verdict?.isAccepted === false) {
      const message = `${device.name} (${device.driver}) is not used: its result agrees with the processor's to ${verdict.agreementDb.toFixed(0)} dB only, where 60 are needed`;
      if (backend === 'gpu') {
        throw new StemwrightError('usage', message, 'Use --backend cpu; another driver is tested anew.');
      }
      return { gpu: null, warnings: [{ code: 'gpu-refused', message }] };
    }
    return backend === 'auto' && isSlower(verdict) ? onCpu : { gpu: device.name, warnings: [] };
  }

  /** Runs a separation. One that went to a device by itself leaves it for as long as that may not be used. */
  async run(model: LoadedModel, where: Pick<GpuWish, 'backend'> & Pick<ComputePlace, 'gpu'>, ...[spec, onProgress, signal, onStart]: SeparationRun): Promise<HeldSeparation> {
    const isFree = where.gpu !== null && where.backend === 'auto';
    let stop = (): void => undefined;
    let held = '';
    const follow = (job: NativeJob): (() => void) => {
      const heed = (): void => {
        const reason = this.#policy.reason();
        job.useGpu(reason === '');
        if (reason !== '') held = reason;
      };
      heed();
      return this.#policy.listen(heed);
    };
    try {
      const done = await runSeparation(
        this.#native,
        { ...spec, models: model.parts, onGpu: where.gpu !== null },
        onProgress,
        signal,
        (job) => {
          if (isFree) stop = follow(job);
          onStart?.(job);
        },
      );
      if ((done.gpuFault ?? '') !== '') {
        this.#placed.delete(model);
        this.#policy.deviceLost();
      }
      return { ...done, held };
    } finally {
      stop();
    }
  }

  /** Drivers take their time to answer. */
  #look(): ReturnType<NativeModule['gpuDevices']> {
    const now = performance.now();
    if (this.#seen === null || now - this.#seen.at > inventoryMs) {
      this.#seen = { at: now, inventory: this.#native.gpuDevices() };
    }
    return this.#seen.inventory;
  }

  #keyStart({ id, driver }: NativeGpu): string {
    return `${id} ${driver} ${this.#look().shaders} `;
  }

  /** With any model. */
  #lastOf(verdicts: Record<string, Verdict>, device: NativeGpu): Verdict | null {
    const start = this.#keyStart(device);
    return Object.entries(verdicts).findLast(([key]) => key.startsWith(start))?.[1] ?? null;
  }

  #load(): Promise<Record<string, Verdict>> {
    this.#verdicts ??= this.#file.load().then(
      (stored) => stored ?? {},
      (error: unknown) => {
        this.#onFault(error);
        return {};
      },
    );
    return this.#verdicts;
  }
}

/** As the test segment measured on this machine. */
function isSlower(verdict: Verdict | undefined): boolean {
  return verdict !== undefined && verdict.gpuSeconds > verdict.cpuSeconds;
}

/**
 * The device that STEMWRIGHT_GPU names by a part of its name, else the wanted one, else the preferred one.
 * @throws StemwrightError 'usage' where it is not there
 */
export function findGpu(native: Pick<NativeModule, 'gpuDevices'>, wanted: string | null): NativeGpu {
  const { devices, reason } = native.gpuDevices();
  const device = choose(devices, wanted);
  if (device === undefined) {
    const message = reason === '' ? `no such GPU; there is ${devices.map(({ name }) => name).join(', ')}` : `there is no GPU: ${reason}`;
    throw new StemwrightError('usage', message, 'Use --backend cpu, or name a device with STEMWRIGHT_GPU.');
  }
  return device;
}

function choose(devices: readonly NativeGpu[], wanted: string | null): NativeGpu | undefined {
  const named = process.env['STEMWRIGHT_GPU'] ?? '';
  if (named !== '') {
    return devices.find(({ name }) => name.includes(named));
  }
  return wanted === null ? devices.find(({ isPreferred }) => isPreferred) : devices.find(({ id }) => id === wanted);
}

function pick({ id, name, driver, kind, memoryBytes, isPreferred }: NativeGpu): Omit<AppInfo['gpus'][number], 'verdict'> {
  return { id, name, driver, kind, memoryBytes, isPreferred };
}
