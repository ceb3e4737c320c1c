import type { Hardware, HardwareProfile } from '../contract/hardware.ts';
import type { MachineWatch, NativeModule } from '../engine/native.ts';

export interface HardwareSetting {
  native: Pick<NativeModule, 'info' | 'hardware' | 'memoryUsage' | 'watchMachine'>;
  /** Heat, power, pressure or the backend have changed. */
  onChange: (hardware: Hardware) => void;
  /** Memory has become short: what is kept for speed alone is to go. The engine's own caches have shrunk by then. */
  onPressure: () => void;
}

const order = ['none', 'warning', 'critical'] as const;

/** Watches the machine while the studio runs. */
export class HardwareService {
  readonly #setting: HardwareSetting;
  readonly #profile: HardwareProfile;
  readonly #watch: MachineWatch;
  #pressure: (typeof order)[number] = 'none';

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
    return { profile: this.#profile, state: this.#watch.report(), memory: this.#setting.native.memoryUsage(), residentBytes: process.memoryUsage.rss() };
  }

  close(): void {
    this.#watch.close();
  }
}
