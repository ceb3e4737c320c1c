import { columns, type Columns, type Peaks } from '../units/peaks.ts';
import { gaps, type Range } from '../units/ranges.ts';
import { token } from './surface.ts';

/** Which part of a song a picture shows; a column is one pixel of the screen. */
export interface Stretch {
  /** Frame at the left edge. */
  start: number;
  framesPerColumn: number;
}

export interface WaveformPicture {
  /** Null until it is known. */
  peaks: Peaks | null;
  /** Drawn faintly where the lane's own is not final yet: the song's form stands from the start. */
  ghost: Peaks | null;
  /** Frames that are final, in order. */
  finished: readonly Range[];
  /** A token's name. */
  colour: string;
  /** Linear; how loud the lane is drawn. */
  gain: number;
  isDimmed: boolean;
}

const ghostAlpha = 0.16;

/** A bar a column from `low` to `high`, at least a pixel each way; one outline, as a path of as many boxes takes eight times as long. */
function bars(context: CanvasRenderingContext2D, low: Float32Array, high: Float32Array, gain: number, [from, to]: Range): void {
  const { width, height } = context.canvas;
  const middle = height / 2;
  const reach = middle - Math.min(4 * window.devicePixelRatio, height * 0.06);
  const first = Math.max(0, Math.floor(from));
  const last = Math.ceil(Math.min(low.length, width, to));
  const y = (value: number): number => Math.max(0.5, Math.min(1, value * gain) * reach);
  context.beginPath();
  for (let x = first; x < last; x++) {
    const top = middle - y(high[x] ?? 0);
    context.lineTo(x, top);
    context.lineTo(x + 1, top);
  }
  for (let x = last - 1; x >= first; x--) {
    const bottom = middle + y(-(low[x] ?? 0));
    context.lineTo(x + 1, bottom);
    context.lineTo(x, bottom);
  }
  context.fill();
}

/** Peaks lighter, what sounds on average solid: level and density in one glance. */
function stacked(context: CanvasRenderingContext2D, values: Columns, gain: number, range: Range, alpha: number, peakAlpha: number): void {
  context.globalAlpha = alpha * peakAlpha;
  bars(context, values.low, values.high, gain, range);
  context.globalAlpha = alpha;
  bars(context, values.rms.map((level) => -level), values.rms, gain, range);
}

/** Fills the canvas, pixel by pixel. */
export function paintWaveform(context: CanvasRenderingContext2D, picture: WaveformPicture, { start, framesPerColumn }: Stretch): void {
  const { canvas } = context;
  const { width, height } = canvas;
  const { peaks, ghost, finished, gain, isDimmed } = picture;
  const toX = (frame: number): number => (frame - start) / framesPerColumn;
  const onScreen = ([from, to]: Range): Range => [toX(from), toX(to)];
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalAlpha = 1;
  context.clearRect(0, 0, width, height);
  context.fillStyle = token(canvas, '--grid');
  for (const part of [0.25, 0.5, 0.75]) context.fillRect(0, Math.round(height * part), width, 1);

  const open = peaks === null ? [[start, start + width * framesPerColumn] as const] : gaps(finished, [start, start + width * framesPerColumn]);
  if (ghost !== null && open.length > 0) {
    const { low, high } = columns(ghost, start, framesPerColumn, width);
    context.globalAlpha = ghostAlpha;
    context.fillStyle = token(canvas, '--text-2');
    for (const range of open) bars(context, low, high, 1, onScreen(range));
  }
  if (peaks === null) return;
  const values = columns(peaks, start, framesPerColumn, width);
  context.fillStyle = token(canvas, isDimmed ? '--text-3' : picture.colour);
  const alpha = isDimmed ? Number(token(canvas, '--wave-muted')) : 1;
  for (const range of finished) stacked(context, values, gain, onScreen(range), alpha, Number(token(canvas, '--wave-peak')));
  edges(context, finished.flat().map(toX));
}

/** A hairline where what is final begins and ends. */
function edges(context: CanvasRenderingContext2D, places: readonly number[]): void {
  const { canvas } = context;
  const { width, height } = canvas;
  context.globalAlpha = 1;
  context.fillStyle = token(canvas, '--line-strong');
  for (const x of places.map(Math.round)) {
    if (x > 0 && x < width) context.fillRect(x, 0, 1, height);
  }
}
