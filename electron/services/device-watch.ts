import type { AudioDeviceChanges } from '../engine/native-sound.ts';

const looksEveryMs = 1000;

/** Notices that sound devices have come or gone. */
export class DeviceWatch {
  readonly #changes: () => AudioDeviceChanges;
  #last: AudioDeviceChanges;
  #listed: number;
  #lookedAt = Date.now();

  constructor(changes: () => AudioDeviceChanges) {
    this.#changes = changes;
    this.#last = changes();
    this.#listed = this.#last.list;
  }

  /** Devices have been looked for anew: no device was open. */
  listed(): void {
    this.#listed = this.#changes().list;
  }

  /** Whether any came or went since they were looked for. */
  get isOutdated(): boolean {
    return this.#changes().list !== this.#listed;
  }

  /** What is other than at the last look; null when nothing is, or that was less than a second ago. */
  look(): { list: boolean; defaultOutput: boolean } | null {
    if (Date.now() - this.#lookedAt < looksEveryMs) {
      return null;
    }
    this.#lookedAt = Date.now();
    const [before, now] = [this.#last, this.#changes()];
    this.#last = now;
    const other = { list: now.list !== before.list, defaultOutput: now.defaultOutput !== before.defaultOutput };
    return other.list || other.defaultOutput ? other : null;
  }
}
