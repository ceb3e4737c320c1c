import { printable } from '../contract/errors.ts';

const redrawMs = 100;
const barCells = 24;

/** Where progress is written: process.stderr, in tests something that looks like it. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

interface Progress {
  phase: string;
  /** Of the phase. */
  fraction: number;
  etaSeconds: number | null;
}

/** Phases that take long enough to be told in tenths. */
const longPhases = new Set(['separate', 'convolve']);

/** A bar that is redrawn on a terminal; elsewhere a line for each phase and each tenth of a long one. */
export class ProgressDisplay {
  readonly #stream: ProgressStream;
  readonly #name: string;
  #drawnAt = -redrawMs;
  #isDrawn = false;
  #lastLine = '';

  constructor(stream: ProgressStream, name: string) {
    this.#stream = stream;
    this.#name = printable(name);
  }

  show(progress: Progress): void {
    if (this.#stream.isTTY === true) {
      this.#draw(progress);
    } else {
      this.#print(progress);
    }
  }

  /** Takes the bar away, so that a message can stand in its place. */
  clear(): void {
    if (this.#isDrawn) {
      this.#stream.write('\r\u001b[K');
      this.#isDrawn = false;
    }
  }

  #draw(progress: Progress): void {
    const now = performance.now();
    if (now - this.#drawnAt < redrawMs) {
      return;
    }
    this.#drawnAt = now;
    this.#isDrawn = true;
    const filled = Math.round(progress.fraction * barCells);
    const tail = ` ${progress.phase.padEnd(8)} [${'#'.repeat(filled)}${'-'.repeat(barCells - filled)}] ${percent(progress)}${eta(progress)}`;
    const room = (this.#stream.columns ?? 80) - tail.length - 1;
    this.#stream.write(`\r\u001b[K${room > 0 ? shorten(this.#name, room) : ''}${tail}`);
  }

  #print(progress: Progress): void {
    const tenth = longPhases.has(progress.phase) ? ` ${Math.floor(progress.fraction * 10)}0 %` : '';
    const line = `${this.#name}: ${progress.phase}${tenth}`;
    if (line !== this.#lastLine) {
      this.#lastLine = line;
      this.#stream.write(`${line}${eta(progress)}\n`);
    }
  }
}

function percent({ fraction }: Progress): string {
  return `${Math.floor(fraction * 100)} %`.padStart(5);
}

function eta({ etaSeconds }: Progress): string {
  if (etaSeconds === null) {
    return '';
  }
  const seconds = Math.round(etaSeconds);
  return `, ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`;
}

function shorten(name: string, room: number): string {
  const characters = Array.from(new Intl.Segmenter().segment(name), ({ segment }) => segment);
  return characters.length <= room ? name : `${characters.slice(0, room - 1).join('')}…`;
}
