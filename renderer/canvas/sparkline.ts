import { token, type Surface } from './surface.ts';

/** Seconds from edge to edge. */
const span = 30;
/** How long a line of that width looks the same while no figure comes, seconds: until it has moved by one of the screen's pixels. */
export function stillSeconds(width: number, scale: number): number {
  return width === 0 ? Infinity : span / (width * scale);
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

  get isEmpty(): boolean {
    return this.#readings.length === 0;
  }

  /** Adds the line as it is at `now`, seconds, to the context's path, in `height` pixels from `top` on. */
  trace({ context, width }: Surface, top: number, height: number, now: number): void {
    const most = this.#readings.reduce((highest, { value }) => Math.max(highest, value), this.#least);
    const y = (value: number): number => top + height - 1 - (value / most) * (height - 2);
    this.#readings.forEach(({ at, value }, index) => {
      const x = width * (1 - (now - at) / span);
      if (index === 0) context.moveTo(x, y(value));
      else context.lineTo(x, y(value));
    });
    context.lineTo(width, y(this.#readings.at(-1)?.value ?? 0));
  }
}

/** All lines at once, each in `height` pixels from its top on: two strokes, as each costs as much as all that is in it. */
export function drawSparklines(surface: Surface, lines: Iterable<{ line: Sparkline; top: number }>, height: number, now: number): void {
  const { context, width } = surface;
  const shown = [...lines].filter(({ line }) => !line.isEmpty);
  context.strokeStyle = token(context.canvas, '--grid');
  context.beginPath();
  for (const { top } of shown) {
    context.moveTo(0, top + height - 0.5);
    context.lineTo(width, top + height - 0.5);
  }
  context.stroke();
  context.strokeStyle = token(context.canvas, '--text-2');
  context.beginPath();
  for (const { line, top } of shown) line.trace(surface, top, height, now);
  context.stroke();
}
