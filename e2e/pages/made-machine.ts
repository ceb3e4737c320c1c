import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What the engine takes for the machine, where it is started with `STEMWRIGHT_MACHINE`: cool and with room at first. */
export class MadeMachine {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(folder: string): Promise<MadeMachine> {
    const machine = new MadeMachine(folder);
    await machine.#put('sys/class/thermal/thermal_zone0/trip_point_0_type', 'passive');
    await machine.#put('sys/class/thermal/thermal_zone0/trip_point_0_temp', '90000');
    await machine.setHeat(40);
    await machine.setMemory(8e6);
    return machine;
  }

  setHeat(degrees: number): Promise<void> {
    return this.#put('sys/class/thermal/thermal_zone0/temp', String(degrees * 1000));
  }

  /** @param available kB of 16 GB */
  setMemory(available: number): Promise<void> {
    return this.#put('proc/meminfo', `MemTotal: 16000000 kB\nMemAvailable: ${available} kB`);
  }

  /** At once, so that nobody reads half of it. */
  async #put(path: string, text: string): Promise<void> {
    const place = join(this.folder, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(`${place}.new`, `${text}\n`);
    await rename(`${place}.new`, place);
  }
}
