/** Frames over which sound that breaks off falls silent, and begins again. */
const rampFrames = 64;
const capacitySeconds = 3;
/** Beyond this more than wanted, what is too old is skipped. */
const slackSeconds = 0.4;
const mostWantedSeconds = 0.6;

/**
 * Stereo sound between a sender and a clock of its own. Begins to sound once enough lies ready; when it runs out it falls silent
 * without a click, wants more to lie ready from then on, and begins anew. Otherwise samples come out as they went in.
 */
export class SampleRing {
  readonly #rate: number;
  readonly #samples: Float32Array;
  #wanted: number;
  #read = 0;
  #frames = 0;
  #isOpen = false;
  #ramp = 0;
  /** The last frame that sounded before it broke off, and how much of it is left. */
  #left = 0;
  #right = 0;
  #rest = 0;
  #underruns = 0;

  /** @param wantedSeconds that are to lie ready */
  constructor(rate: number, wantedSeconds: number) {
    this.#rate = rate;
    this.#samples = new Float32Array(2 * Math.ceil(capacitySeconds * rate));
    this.#wanted = wantedSeconds * rate;
  }

  /** Frames that lie ready. */
  get frames(): number {
    return this.#frames;
  }

  /** Frames that should. */
  get wanted(): number {
    return this.#wanted;
  }

  /** How often it ran out. */
  get underruns(): number {
    return this.#underruns;
  }

  /** @param samples interleaved; what there is no room for is dropped */
  write(samples: Float32Array): void {
    const capacity = this.#samples.length / 2;
    const count = Math.min(samples.length >> 1, capacity - this.#frames);
    let at = 2 * ((this.#read + this.#frames) % capacity);
    for (let index = 0; index < 2 * count; index++) {
      this.#samples[at] = samples[index] ?? 0;
      at = at + 1 === this.#samples.length ? 0 : at + 1;
    }
    this.#frames += count;
  }

  /** Fills both, with silence where nothing lies ready. */
  read(left: Float32Array, right: Float32Array): void {
    if (!this.#isOpen && this.#frames >= this.#wanted) this.#begin();
    if (this.#isOpen && this.#frames > this.#wanted + slackSeconds * this.#rate) this.#skip();
    for (let index = 0; index < left.length; index++) {
      if (this.#isOpen && this.#frames === 0) this.#runOut();
      if (this.#rest > 0) this.#rest -= 1 / rampFrames;
      const fade = Math.max(0, this.#rest);
      if (!this.#isOpen) {
        left[index] = fade * this.#left;
        right[index] = fade * this.#right;
        continue;
      }
      this.#ramp = Math.min(1, this.#ramp + 1 / rampFrames);
      const a = this.#ramp * (this.#samples[2 * this.#read] ?? 0);
      const b = this.#ramp * (this.#samples[2 * this.#read + 1] ?? 0);
      left[index] = a + fade * this.#left;
      right[index] = b + fade * this.#right;
      if (fade === 0) {
        this.#left = a;
        this.#right = b;
      }
      this.#advance(1);
    }
  }

  #advance(frames: number): void {
    this.#read = (this.#read + frames) % (this.#samples.length / 2);
    this.#frames -= frames;
  }

  #begin(): void {
    this.#isOpen = true;
    this.#ramp = 0;
  }

  #runOut(): void {
    this.#isOpen = false;
    this.#underruns += 1;
    this.#rest = 1;
    this.#wanted = Math.min(mostWantedSeconds * this.#rate, 1.5 * this.#wanted);
  }

  #skip(): void {
    this.#advance(this.#frames - Math.round(this.#wanted));
    this.#rest = 1;
    this.#ramp = 0;
  }
}
