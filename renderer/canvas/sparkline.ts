import { token, type Surface } from './surface.ts';

/** Seconds from edge to edge. */
const span = 20;
/** A line that has moved by less looks the same. */
const stepPixels = 0.5;

/** How long a line of that width looks the same while no figure comes, seconds. */
export function stillSeconds(width: number): number {
  return width === 0 ? Infinity : (span * stepPixels) / width;
}

/** The last seconds of one figure as a line that moves to the left; new figures come in at the right. */
export class Sparkline {
  readonly #least: number;
  #readings: { at: number; value: number }[] = [];

  /** @param least the top of the scale, unless a figure is higher */
  constructor(least: number) {
    this.#least = least;
  }

  /** @param at seconds */
  add(at: number, value: number): void {
    this.#readings.push({ at, value });
    while ((this.#readings[1]?.at ?? Infinity) < at - span) this.#readings.shift();
  }

  clear(): void {
    this.#readings = [];
  }

  /** Draws the line as it is at `now`, seconds, into `height` pixels from `top` on. */
  draw({ context, width }: Pick<Surface, 'context' | 'width'>, top: number, height: number, now: number): void {
    const last = this.#readings.at(-1);
    if (last === undefined) return;
    const most = this.#readings.reduce((highest, { value }) => Math.max(highest, value), this.#least);
    const x = (at: number): number => width * (1 - (now - at) / span);
    const y = (value: number): number => top + height - 1 - (value / most) * (height - 2);
    context.strokeStyle = token(context.canvas, '--grid');
    context.beginPath();
    context.moveTo(0, top + height - 0.5);
    context.lineTo(width, top + height - 0.5);
    context.stroke();
    context.strokeStyle = token(context.canvas, '--text-2');
    context.beginPath();
    for (const { at, value } of this.#readings) context.lineTo(x(at), y(value));
    context.lineTo(width, y(last.value));
    context.stroke();
  }
}
