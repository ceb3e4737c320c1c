import { surfaceOf, token } from './surface.ts';

/** Seconds from edge to edge. */
const span = 20;
/** Redrawn each time that the line has moved so far. */
const stepPixels = 0.5;

/** The last seconds of one figure as a line that moves to the left; new figures come in at the right. */
export class Sparkline {
  readonly #canvas: HTMLCanvasElement;
  readonly #least: number;
  #readings: { at: number; value: number }[] = [];
  #drawn = '';

  /** @param least the top of the scale, unless a figure is higher */
  constructor(canvas: HTMLCanvasElement, least: number) {
    this.#canvas = canvas;
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

  /** Draws the line as it is at `now`, seconds; costs nothing while nothing has moved. */
  show(now: number): void {
    const { clientWidth, clientHeight } = this.#canvas;
    const moved = Math.floor((now / span) * (clientWidth / stepPixels));
    const look = `${this.#readings.length === 0 ? 'none' : moved} ${clientWidth} ${clientHeight} ${document.documentElement.dataset.theme ?? ''}`;
    if (look === this.#drawn) return;
    const surface = surfaceOf(this.#canvas);
    if (surface === null) return;
    this.#drawn = look;
    const { context, width, height } = surface;
    const most = this.#readings.reduce((top, { value }) => Math.max(top, value), this.#least);
    const x = (at: number): number => width * (1 - (now - at) / span);
    const y = (value: number): number => height - 1 - (value / most) * (height - 2);
    context.strokeStyle = token(this.#canvas, '--grid');
    context.strokeRect(-1, height - 0.5, width + 2, height);
    context.strokeStyle = token(this.#canvas, '--text-2');
    context.beginPath();
    for (const { at, value } of this.#readings) context.lineTo(x(at), y(value));
    const last = this.#readings.at(-1);
    if (last !== undefined) context.lineTo(width, y(last.value));
    context.stroke();
  }
}
