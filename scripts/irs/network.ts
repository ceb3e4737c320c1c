import { AllPass, Delay, loopGain, OnePole, random, rate } from './signal.ts';

export interface Network {
  /** Of the delay lines, seconds from the shortest to the longest. */
  delays: readonly [number, number];
  /** Seconds in which the lows and the highest highs fall by 60 dB. */
  lowDecay: number;
  highDecay: number;
  /** Spread the click before it enters; samples. */
  diffusers: readonly number[];
  inputs: 1 | 2;
  seconds: number;
  seed: number;
}

const lines = 16;

/** Responses from each input to the left and the right, in the order LL, LR, RL, RR. Jot & Chaigne 1991. */
export function feedbackDelayNetwork(network: Network): Float64Array[] {
  return Array.from({ length: network.inputs }, (_, input) => fromInput(network, input)).flat();
}

function fromInput({ delays, lowDecay, highDecay, diffusers, seconds, seed }: Network, input: number): Float64Array[] {
  const next = random(seed);
  const lengths = spread(delays, next);
  const signs = lengths.map(() => (next() < 0.5 ? -1 : 1));
  const loops = lengths.map((length) => new Delay(length));
  const gains = lengths.map((length) => loopGain(length, lowDecay));
  const dampers = lengths.map((length, i) => OnePole.between(gains[i] ?? 0, loopGain(length, highDecay)));
  const diffusion = diffusers.map((length) => new AllPass(length, 0.62));
  const frames = Math.round(seconds * rate);
  const outputs = [new Float64Array(frames), new Float64Array(frames)] as const;
  for (let i = 0; i < frames; i++) {
    const click = diffusion.reduce((x, allPass) => allPass.next(x), i === 0 ? 1 : 0);
    const late = loops.map((loop, k) => (dampers[k]?.next(loop.oldest) ?? 0) * (gains[k] ?? 0));
    // Householder: every line feeds every other.
    const shared = (2 / lines) * late.reduce((sum, x) => sum + x, 0);
    late.forEach((x, k) => {
      const side = k % 2;
      loops[k]?.push(x - shared + (side === input ? click : 0.3 * click) * (signs[k] ?? 1));
      outputs[side === 0 ? 0 : 1][i] = (outputs[side === 0 ? 0 : 1][i] ?? 0) + x * (k % 4 < 2 ? 1 : -1);
    });
  }
  return [...outputs];
}

/** Lengths of no common rhythm: spread geometrically, each moved a little, no two alike. */
function spread([shortest, longest]: readonly [number, number], next: () => number): number[] {
  const used = new Set<number>();
  return Array.from({ length: lines }, (_, k) => {
    let length = Math.round(rate * shortest * (longest / shortest) ** ((k + 0.6 * next()) / lines)) | 1;
    while (used.has(length)) {
      length += 2;
    }
    used.add(length);
    return length;
  });
}
