import type { EffectPlace } from '../contract/effects.ts';
import type { MonitorMeters } from '../engine/native-sound.ts';

/** How long a GPU that went away is left alone; twice as long each time that it does. */
const firstWaitMs = 30_000;

/** When tails whose GPU went away may go to it once more. */
export class LostTails {
  readonly #retry: () => Promise<boolean>;
  #timer: NodeJS.Timeout | undefined;
  #retries = 0;

  /** @param retry gives them to it, if there is one again; whether it did */
  constructor(retry: () => Promise<boolean>) {
    this.#retry = retry;
  }

  /** Where they are. */
  static in({ effects }: MonitorMeters): EffectPlace[] {
    return effects.flatMap(({ place, isGpuLost }) => (isGpuLost ? [place] : []));
  }

  /** To be told of every reading. */
  look(meters: MonitorMeters): void {
    if (this.#timer === undefined && LostTails.in(meters).length > 0) {
      this.#timer = setTimeout(() => {
        void this.#again();
      }, firstWaitMs * 2 ** this.#retries).unref();
    }
  }

  /** The sound has ended. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#retries = 0;
  }

  async #again(): Promise<void> {
    // What cannot be put back stays on the processor, as its place in the chain tells, until the next time.
    const mine = this.#timer;
    const isDone = await this.#retry().catch(() => false);
    if (this.#timer === mine) {
      this.#timer = undefined;
      this.#retries += isDone ? 1 : 0;
    }
  }
}
