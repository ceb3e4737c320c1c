import { addClick, rate } from './signal.ts';

const speedOfSound = 343;

type Point = readonly [number, number, number];

export interface Room {
  /** Metres. */
  size: Point;
  source: Point;
  ears: readonly Point[];
  /** Share of the pressure that a wall sends back, and the pole of the one-pole low-pass that it is. */
  reflection: number;
  damping: number;
  seconds: number;
}

/** One response for each ear. Allen & Berkley 1979, with walls that swallow treble. */
export function imageSource({ size, source, ears, reflection, damping, seconds }: Room): Float64Array[] {
  const frames = Math.round(seconds * rate);
  const farthest = seconds * speedOfSound;
  const reach = size.map((length) => Math.ceil(farthest / (2 * length)));
  return ears.map((ear) => {
    const byOrder: Float64Array[] = [];
    for (const [x, ordersX] of images(0)) {
      for (const [y, ordersY] of images(1)) {
        for (const [z, ordersZ] of images(2)) {
          const distance = Math.hypot(x - ear[0], y - ear[1], z - ear[2]);
          if (distance < farthest) {
            const order = ordersX + ordersY + ordersZ;
            addClick((byOrder[order] ??= new Float64Array(frames)), (distance / speedOfSound) * rate, reflection ** order / distance);
          }
        }
      }
    }
    return withoutPressure(throughWalls(byOrder, frames, damping));
  });

  /** Where the source's images lie along one axis, and after how many reflections. */
  function images(axis: 0 | 1 | 2): [number, number][] {
    const found: [number, number][] = [];
    for (let n = -(reach[axis] ?? 0); n <= (reach[axis] ?? 0); n++) {
      found.push([2 * n * size[axis] + source[axis], Math.abs(2 * n)], [2 * n * size[axis] - source[axis], Math.abs(2 * n - 1)]);
    }
    return found;
  }
}

/** All images add up in phase at 0 Hz, where a room has no sound: two poles at 25 Hz. */
function withoutPressure(sound: Float64Array): Float64Array {
  const pole = Math.exp((-2 * Math.PI * 25) / rate);
  return [0, 1].reduce((signal) => {
    let before = 0;
    let y = 0;
    return signal.map((x) => {
      y = x - before + pole * y;
      before = x;
      return y;
    });
  }, sound);
}

/** What has met n walls passes the low-pass n times; summed from the most reflected to the direct sound. */
function throughWalls(byOrder: readonly (Float64Array | undefined)[], frames: number, damping: number): Float64Array {
  let sum = new Float64Array(frames);
  for (let order = byOrder.length - 1; order >= 0; order--) {
    const met = byOrder[order];
    let y = 0;
    sum = sum.map((x, i) => {
      y += (1 - damping) * (x - y);
      return y + (met?.[i] ?? 0);
    });
  }
  return sum;
}
