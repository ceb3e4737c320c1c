import { columns, type Peaks } from '../units/peaks.ts';
import { gaps, type Range } from '../units/ranges.ts';
import { surfaceOf, token, type Surface } from './surface.ts';

export interface WaveformPicture {
  /** Null until it is known. */
  peaks: Peaks | null;
  /** Drawn faintly where the lane's own is not final yet: the song's form stands from the start. */
  ghost: Peaks | null;
  /** Frames that are final, in order. */
  finished: readonly Range[];
  /** Frames at the left edge and across the whole picture. */
  start: number;
  span: number;
  /** A token's name. */
  colour: string;
  /** Linear; how loud the lane is drawn. */
  gain: number;
  isDimmed: boolean;
}

const ghostAlpha = 0.16;

function bars({ context, width, height }: Surface, values: Float32Array, gain: number, [from, to]: Range): void {
  const middle = height / 2;
  const reach = middle - Math.min(4, height * 0.06);
  context.beginPath();
  for (let x = Math.max(0, Math.floor(from)); x < Math.min(width, to); x++) {
    const high = Math.min(1, (values[x * 2 + 1] ?? 0) * gain) * reach;
    const low = Math.max(-1, (values[x * 2] ?? 0) * gain) * reach;
    context.rect(x, middle - Math.max(0.5, high), 1, Math.max(0.5, high) + Math.max(0.5, -low));
  }
  context.fill();
}

function grid({ context, width, height }: Surface, colour: string): void {
  context.fillStyle = colour;
  context.fillRect(0, Math.round(height / 2), width, 1);
}

export function paintWaveform(canvas: HTMLCanvasElement, picture: WaveformPicture): void {
  const surface = surfaceOf(canvas);
  if (surface === null || picture.span <= 0) return;
  const { peaks, ghost, finished, start, span, gain } = picture;
  const { context, width, height } = surface;
  grid(surface, token(canvas, '--grid'));
  const perColumn = span / width;
  const toX = (frame: number): number => (frame - start) / perColumn;
  const onScreen = ([from, to]: Range): Range => [toX(from), toX(to)];

  const open = peaks === null ? [[start, start + span] as const] : gaps(finished, [start, start + span]);
  if (ghost !== null && open.length > 0) {
    const values = columns(ghost, start, perColumn, Math.ceil(width));
    context.globalAlpha = ghostAlpha;
    context.fillStyle = token(canvas, '--text-2');
    for (const range of open) bars(surface, values, 1, onScreen(range));
  }
  if (peaks === null) return;
  const values = columns(peaks, start, perColumn, Math.ceil(width));
  context.globalAlpha = picture.isDimmed ? Number(token(canvas, '--wave-muted')) : 1;
  context.fillStyle = token(canvas, picture.isDimmed ? '--text-3' : picture.colour);
  for (const range of finished) bars(surface, values, gain, onScreen(range));
  context.globalAlpha = 1;
  context.fillStyle = token(canvas, '--line-strong');
  for (const edge of finished.flat()) {
    const x = Math.round(toX(edge));
    if (x > 0 && x < width) context.fillRect(x, 0, 1, height);
  }
}
