import { Delay, loopGain, OnePole, rate } from './signal.ts';

export interface Spring {
  /** Seconds for one way there and back. */
  roundTrip: number;
  decay: number;
  /** All-passes in a row, each stretched so that its period is two samples of `corner` Hz. */
  allPasses: number;
  corner: number;
  gain: number;
}

/** A coil lets low notes go ahead and high ones follow: each echo is a chirp. Abel, Berners, Costello & Smith 2006. */
export function springs(set: readonly Spring[], seconds: number): Float64Array {
  const out = new Float64Array(Math.round(seconds * rate));
  for (const spring of set) {
    const sound = one(spring, out.length);
    sound.forEach((x, i) => {
      out[i] = (out[i] ?? 0) + x;
    });
  }
  return out;
}

function one({ roundTrip, decay, allPasses, corner, gain }: Spring, frames: number): Float64Array {
  const stretch = Math.max(1, Math.round(rate / (2 * corner)));
  const chain = Array.from({ length: allPasses }, () => new StretchedAllPass(stretch, 0.6));
  const length = Math.round(roundTrip * rate);
  const loop = new Delay(length);
  const back = -loopGain(length, decay);
  // What is above the corner does not travel along the coil.
  const tops = Array.from({ length: 4 }, () => new OnePole(Math.exp((-2 * Math.PI * corner) / rate)));
  const sound = new Float64Array(frames);
  for (let i = 0; i < frames; i++) {
    const entering = (i === 0 ? 1 : 0) + back * loop.oldest;
    const travelled = chain.reduce((x, allPass) => allPass.next(x), entering);
    const heard = tops.reduce((x, top) => top.next(x), travelled);
    loop.push(heard);
    sound[i] = gain * heard;
  }
  return sound;
}

class StretchedAllPass {
  readonly #in: Delay;
  readonly #out: Delay;
  readonly #a: number;

  constructor(stretch: number, a: number) {
    this.#in = new Delay(stretch);
    this.#out = new Delay(stretch);
    this.#a = a;
  }

  next(x: number): number {
    const y = this.#a * x + this.#in.oldest - this.#a * this.#out.oldest;
    this.#in.push(x);
    this.#out.push(y);
    return y;
  }
}
