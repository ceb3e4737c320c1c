import { availableParallelism } from 'node:os';
import type { Hardware, HardwareProfile } from '../contract/hardware.ts';
import type { MachineWatch, NativeModule } from '../engine/native.ts';

export interface HardwareSetting {
  native: Pick<NativeModule, 'info' | 'hardware' | 'memoryUsage' | 'watchMachine'>;
  /** Heat, power, pressure or the backend have changed. */
  onChange: (hardware: Hardware) => void;
  /** Memory has become short: what is kept for speed alone is to go. The engine's own caches have shrunk by then. */
  onPressure: () => void;
}

/** Shorter, and the clock's steps tell more than the work. */
const leastMs = 200;
const order = ['none', 'warning', 'critical'] as const;

/** Watches the machine while the studio runs. */
export class HardwareService {
  readonly #setting: HardwareSetting;
  readonly #profile: HardwareProfile;
  readonly #watch: MachineWatch;
  #pressure: (typeof order)[number] = 'none';
  #lastUse: { at: number; used: number; share: number | null } | null = null;

  constructor(setting: HardwareSetting) {
    const { native } = setting;
    this.#setting = setting;
    this.#profile = { ...native.hardware(), isa: native.info().isa };
    this.#watch = native.watchMachine({ hasGpu: false, useGpuOnBattery: true }, ({ pressure }) => {
      const isWorse = order.indexOf(pressure) > order.indexOf(this.#pressure);
      this.#pressure = pressure;
      if (isWorse) {
        setting.onPressure();
      }
      setting.onChange(this.get());
    });
  }

  get(): Hardware {
    return { profile: this.#profile, state: this.#watch.report(), memory: this.#setting.native.memoryUsage(), residentBytes: process.memoryUsage.rss(), cpuShare: this.#cpuShare() };
  }

  /** Whoever looks soon after another sees what that one saw. */
  #cpuShare(): number | null {
    const [now, { user, system }] = [performance.now(), process.cpuUsage()];
    const before = this.#lastUse;
    if (before !== null && now - before.at < leastMs) return before.share;
    const share = before === null ? null : (user + system - before.used) / 1000 / (now - before.at) / availableParallelism();
    this.#lastUse = { at: now, used: user + system, share };
    return share;
  }

  close(): void {
    this.#watch.close();
  }
}
