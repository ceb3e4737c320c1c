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
  #bars: [Bar, Bar] = [silent(), silent()];
  #last = 0;
  #drawn = '';

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
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
    const look = JSON.stringify([this.#bars.map(({ db, held, isOver }) => [Math.round(db * 5), Math.round(held * 5), isOver]), clientWidth, clientHeight, document.documentElement.dataset.theme]);
    // A silent studio costs nothing.
    if (look === this.#drawn) return;
    const surface = surfaceOf(this.#canvas);
    if (surface === null) return;
    this.#drawn = look;
    const { context, height } = surface;
    const y = (db: number): number => height * (1 - (Math.min(highest, Math.max(lowest, db)) - lowest) / (highest - lowest));
    const colour = (name: string): string => token(this.#canvas, name);
    for (const [index, { db, held, isOver }] of this.#bars.entries()) {
      const x = index * (barWidth + 1);
      const fill = (name: string, from: number, to: number): void => {
        context.fillStyle = colour(name);
        context.fillRect(x, y(to), barWidth, y(from) - y(to));
      };
      fill('--meter-bg', lowest, highest);
      if (db > lowest) fill('--meter', lowest, Math.min(db, hot));
      if (db > hot) fill('--meter-hot', hot, db);
      context.fillStyle = colour(isOver ? '--meter-over' : '--text');
      if (held > lowest) context.fillRect(x, Math.round(y(held)), barWidth, 1);
      if (isOver) fill('--meter-over', 0, highest);
    }
    this.#scale(context, height, y, colour);
  }

  #scale(context: CanvasRenderingContext2D, height: number, y: (db: number) => number, colour: (name: string) => string): void {
    context.fillStyle = colour('--text-3');
    context.font = `${colour('--t-11')} ${colour('--font')}`;
    context.textBaseline = 'middle';
    for (const db of height > 90 ? [0, -12, -24, -48] : height > 40 ? [0, -24] : []) {
      context.fillText(String(Math.abs(db)), 2 * barWidth + 3, Math.max(5, y(db)));
    }
  }
}
