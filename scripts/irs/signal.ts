/** What all generators of impulse responses are made of. Everything is in double, and the same in every run. */

export const rate = 48_000;

/** Numbers in [0, 1), the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The factor by which a loop of so many samples falls by 60 dB in `seconds`. */
export function loopGain(samples: number, seconds: number): number {
  return 10 ** ((-3 * samples) / (seconds * rate));
}

/** One pole: y = (1 − a) x + a y[−1]. Its gain is 1 at 0 Hz. */
export class OnePole {
  readonly #a: number;
  #y = 0;

  constructor(a: number) {
    this.#a = a;
  }

  /** The pole that makes a loop of gain `low` at 0 Hz one of gain `high` at half the rate. */
  static between(low: number, high: number): OnePole {
    const ratio = high / low;
    return new OnePole((1 - ratio) / (1 + ratio));
  }

  next(x: number): number {
    this.#y += (1 - this.#a) * (x - this.#y);
    return this.#y;
  }
}

export class Delay {
  readonly #samples: Float64Array;
  #at = 0;

  constructor(length: number) {
    this.#samples = new Float64Array(length);
  }

  get oldest(): number {
    return this.#samples[this.#at] ?? 0;
  }

  push(x: number): void {
    this.#samples[this.#at] = x;
    this.#at = this.#at + 1 === this.#samples.length ? 0 : this.#at + 1;
  }
}

/** All-pass: the delay of its loop spreads a click. Schroeder 1962. */
export class AllPass {
  readonly #delay: Delay;
  readonly #gain: number;

  constructor(length: number, gain: number) {
    this.#delay = new Delay(length);
    this.#gain = gain;
  }

  next(x: number): number {
    const late = this.#delay.oldest;
    const fed = x - this.#gain * late;
    this.#delay.push(fed);
    return late + this.#gain * fed;
  }
}

/** Adds a band-limited click at a time that need not be a whole sample. */
export function addClick(out: Float64Array, at: number, gain: number): void {
  const reach = 16;
  const middle = Math.floor(at);
  for (let i = Math.max(0, middle - reach + 1); i <= Math.min(out.length - 1, middle + reach); i++) {
    const x = i - at;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    out[i] = (out[i] ?? 0) + gain * sinc * Math.cos((Math.PI * x) / (2 * (reach + 1))) ** 2;
  }
}

/** The last tenth fades out, and the highest sample becomes `peak`. */
export function finish(channels: readonly Float64Array[], peak = 0.5): Float64Array[] {
  const highest = Math.max(...channels.map((channel) => channel.reduce((most, x) => Math.max(most, Math.abs(x)), 0)));
  return channels.map((channel) => {
    const fade = Math.floor(channel.length / 10);
    return channel.map((x, i) => ((x * peak) / highest) * Math.min(1, Math.cos((Math.PI / 2) * Math.max(0, 1 - (channel.length - i) / fade)) ** 2));
  });
}
