import { toDb } from '../units/levels.ts';
import { surfaceOf, token } from './surface.ts';

const lowest = -60;
const highest = 3;
const hot = -9;
const fallPerSecond = 20;
const holdSeconds = 1.5;
const barWidth = 4;

interface Bar {
  db: number;
  held: number;
  heldSince: number;
  isOver: boolean;
}

const silent = (): Bar => ({ db: -Infinity, held: -Infinity, heldSince: 0, isOver: false });

/** A stereo peak meter: up at once, down 20 dB a second, the peak held for 1.5 s; an over stays until `clear`. */
export class Meter {
  readonly #canvas: HTMLCanvasElement;
  readonly #isLying: boolean;
  #bars: [Bar, Bar] = [silent(), silent()];
  #last = 0;
  #drawn = '';

  /** @param isLying from left to right, without a scale */
  constructor(canvas: HTMLCanvasElement, isLying = false) {
    this.#canvas = canvas;
    this.#isLying = isLying;
  }

  /** What is held, dB; −Infinity for silence. */
  get held(): number {
    return Math.max(...this.#bars.map(({ held }) => held));
  }

  get isOver(): boolean {
    return this.#bars.some(({ isOver }) => isOver);
  }

  clear(): void {
    this.#bars = [silent(), silent()];
  }

  /** @param now seconds @param left linear @param right linear */
  show(now: number, left: number, right: number): void {
    const elapsed = Math.min(1, now - this.#last);
    this.#last = now;
    for (const [index, level] of [left, right].entries()) {
      const bar = this.#bars[index];
      if (bar === undefined) continue;
      const db = toDb(level);
      bar.db = Math.max(db, bar.db - fallPerSecond * elapsed);
      if (bar.db < lowest) bar.db = -Infinity;
      if (db >= bar.held || now - bar.heldSince > holdSeconds) {
        bar.held = bar.db;
        bar.heldSince = now;
      }
      bar.isOver ||= level > 1;
    }
    this.#paint();
  }

  #paint(): void {
    const { clientHeight, clientWidth } = this.#canvas;
    const { theme } = document.documentElement.dataset;
    const look = JSON.stringify([this.#bars.map(({ db, held, isOver }) => [Math.round(db * 5), Math.round(held * 5), isOver]), clientWidth, clientHeight, theme]);
    // A silent studio costs nothing.
    if (look === this.#drawn) return;
    const surface = surfaceOf(this.#canvas);
    if (surface === null) return;
    this.#drawn = look;
    const { context, width, height } = surface;
    const length = this.#isLying ? width : height;
    const reach = (db: number): number => ((Math.min(highest, Math.max(lowest, db)) - lowest) / (highest - lowest)) * length;
    for (const [index, bar] of this.#bars.entries()) {
      const across = index * (barWidth + 1);
      const fill = (colour: string, from: number, to: number): void => {
        context.fillStyle = colour;
        if (this.#isLying) context.fillRect(from, across, to - from, barWidth);
        else context.fillRect(across, length - to, barWidth, to - from);
      };
      this.#bar(bar, reach, fill);
    }
    if (!this.#isLying) this.#scale(context, height, (db) => length - reach(db));
  }

  #bar({ db, held, isOver }: Bar, reach: (db: number) => number, fill: (colour: string, from: number, to: number) => void): void {
    fill(this.#token('--meter-bg'), reach(lowest), reach(highest));
    if (db > lowest) fill(this.#token('--meter'), reach(lowest), reach(Math.min(db, hot)));
    if (db > hot) fill(this.#token('--meter-hot'), reach(hot), reach(db));
    const line = Math.round(reach(held));
    if (held > lowest) fill(this.#token(isOver ? '--meter-over' : '--text'), line - 1, line);
    if (isOver) fill(this.#token('--meter-over'), reach(0), reach(highest));
  }

  #scale(context: CanvasRenderingContext2D, height: number, y: (db: number) => number): void {
    context.fillStyle = this.#token('--text-3');
    context.font = `${this.#token('--t-11')} ${this.#token('--font')}`;
    context.textBaseline = 'middle';
    for (const db of height > 90 ? [0, -12, -24, -48] : height > 40 ? [0, -24] : []) {
      context.fillText(String(Math.abs(db)), 2 * barWidth + 3, Math.max(5, y(db)));
    }
  }

  #token(name: string): string {
    return token(this.#canvas, name);
  }
}
