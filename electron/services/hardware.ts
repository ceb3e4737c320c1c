import { availableParallelism } from 'node:os';
import type { Hardware, HardwareProfile } from '../contract/hardware.ts';
import type { GpuWork, MachineWatch, NativeModule, WatchSpec } from '../engine/native.ts';

/** Whether work may go to a graphics processor now, and whether it would be faster there. */
export interface GpuPolicy {
  /** Why not; empty when it may. */
  reason(): string;
  shouldUseGpu(work: GpuWork): boolean;
  deviceLost(): void;
  /** @return ends it */
  listen(onChange: () => void): () => void;
}

export interface HardwareSetting {
  native: Pick<NativeModule, 'info' | 'hardware' | 'memoryUsage' | 'gpuUsage' | 'watchMachine'>;
  /** Heat, power, pressure or the backend have changed. */
  onChange: (hardware: Hardware) => void;
  /** Memory has become short: what is kept for speed alone is to go. The engine's own caches have shrunk by then. */
  onPressure: () => void;
}

/** Shorter, and the clock's steps tell more than the work. */
const leastMs = 200;
/** How long a device that went away is left alone. */
const lostMs = 30_000;
const order = ['none', 'warning', 'critical'] as const;
const unconfigured: WatchSpec = { hasGpu: false, useGpuOnBattery: true, calibration: null, budgetBytes: 0 };

interface Use {
  at: number;
  cpu: number;
  gpu: number;
  shares: Pick<Hardware, 'cpuShare' | 'gpuShare'>;
}

/** Watches the machine while the studio runs. */
export class HardwareService implements GpuPolicy {
  readonly #setting: HardwareSetting;
  readonly #profile: HardwareProfile;
  readonly #watch: MachineWatch;
  readonly #listeners = new Set<() => void>();
  #spec = unconfigured;
  #pressure: (typeof order)[number] = 'none';
  #lastUse: Use | null = null;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(setting: HardwareSetting) {
    const { native } = setting;
    this.#setting = setting;
    this.#profile = { ...native.hardware(), isa: native.info().isa };
    this.#watch = native.watchMachine(this.#spec, ({ pressure }) => {
      const isWorse = order.indexOf(pressure) > order.indexOf(this.#pressure);
      this.#pressure = pressure;
      if (isWorse) {
        setting.onPressure();
      }
      this.#tell();
    });
  }

  /** What the user allows, and what there is. */
  configure(change: Partial<WatchSpec>): void {
    this.#spec = { ...this.#spec, ...change };
    if (!this.#isClosed) this.#watch.configure(this.#spec);
  }

  get(): Hardware {
    const { native } = this.#setting;
    const { budgetBytes } = this.#spec;
    return {
      ...{ profile: this.#profile, state: this.#watch.report(), memory: native.memoryUsage(), gpu: native.gpuUsage() },
      ...{ residentBytes: process.memoryUsage.rss(), memoryBudgetBytes: budgetBytes === 0 ? null : budgetBytes },
      ...this.#shares(),
    };
  }

  reason(): string {
    return this.#watch.report().reason;
  }

  shouldUseGpu(work: GpuWork): boolean {
    return this.#watch.shouldUseGpu(work);
  }

  /** It may be tried again after a while; a song whose turn comes then finds out whether it answers. */
  deviceLost(): void {
    this.#watch.deviceLost();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#watch.deviceBack();
    }, lostMs);
    this.#retry.unref();
  }

  listen(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  #tell(): void {
    this.#setting.onChange(this.get());
    for (const listener of this.#listeners) listener();
  }

  /** Whoever looks soon after another sees what that one saw. */
  #shares(): Use['shares'] {
    const [at, { user, system }, { seconds: gpu }] = [performance.now(), process.cpuUsage(), this.#setting.native.gpuUsage()];
    const before = this.#lastUse;
    if (before !== null && at - before.at < leastMs) return before.shares;
    const cpu = (user + system) / 1e6;
    const passed = before === null ? NaN : (at - before.at) / 1000;
    const shares = before === null ? { cpuShare: null, gpuShare: null } : { cpuShare: (cpu - before.cpu) / passed / availableParallelism(), gpuShare: (gpu - before.gpu) / passed };
    this.#lastUse = { at, cpu, gpu, shares };
    return shares;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#watch.close();
  }
}
