import { surfaceOf, token } from './surface.ts';

export interface ResponseLook {
  /** Per channel, the lowest and the highest sample of each part in turn. Linear. */
  peaks: readonly (readonly number[])[];
  seconds: number;
  begin: number;
  end: number;
  isReversed: boolean;
  attackSeconds: number;
  /** Null: it is left as it is. */
  decaySeconds: number | null;
}

const rulerHeight = 16;
const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];

/** How much of a response is heard at a time after its begin, by its envelope. */
function envelope({ attackSeconds, decaySeconds }: ResponseLook, seconds: number): number {
  const attack = attackSeconds > 0 ? Math.min(1, seconds / attackSeconds) : 1;
  return decaySeconds === null ? attack : attack * 10 ** ((-3 * seconds) / decaySeconds);
}

/** Channels below one another, what is cut off in grey, and the envelope over what stays. */
export function paintResponse(canvas: HTMLCanvasElement, look: ResponseLook): void {
  const surface = surfaceOf(canvas);
  if (surface === null) return;
  const { context, width, height } = surface;
  const { peaks, seconds, begin, end } = look;
  const x = (time: number): number => (time / Math.max(seconds, 1e-6)) * width;
  const loudest = Math.max(1e-6, ...peaks.flat().map(Math.abs));
  const laneHeight = (height - rulerHeight) / Math.max(1, peaks.length);

  paintScale(context, canvas, seconds, width, height);
  for (const [channel, row] of peaks.entries()) {
    const middle = laneHeight * (channel + 0.5);
    const columns = row.length / 2;
    for (let column = 0; column < columns; column++) {
      const from = look.isReversed ? columns - 1 - column : column;
      const time = ((column + 0.5) / columns) * seconds;
      const isHeard = time >= begin && time <= end;
      const gain = isHeard ? envelope(look, time - begin) : 1;
      const [low, high] = [(row[2 * from] ?? 0) * gain, (row[2 * from + 1] ?? 0) * gain];
      context.fillStyle = token(canvas, isHeard ? '--text-2' : '--line-strong');
      const top = middle - (high / loudest) * laneHeight * 0.46;
      const bottom = middle - (low / loudest) * laneHeight * 0.46;
      context.fillRect((column / columns) * width, top, Math.max(1, width / columns), Math.max(1, bottom - top));
    }
  }
  context.fillStyle = token(canvas, '--loop-fill');
  context.fillRect(0, 0, x(begin), height - rulerHeight);
  context.fillRect(x(end), 0, width - x(end), height - rulerHeight);
  paintEnvelope(context, canvas, look, x, laneHeight);
}

function paintEnvelope(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, look: ResponseLook, x: (time: number) => number, laneHeight: number): void {
  context.strokeStyle = token(canvas, '--loop');
  context.lineWidth = 1.5;
  context.beginPath();
  const points = 100;
  for (let point = 0; point <= points; point++) {
    const time = look.begin + ((look.end - look.begin) * point) / points;
    context.lineTo(x(time), laneHeight * (0.5 - 0.46 * envelope(look, time - look.begin)));
  }
  context.stroke();
}

function paintScale(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, seconds: number, width: number, height: number): void {
  const step = steps.find((each) => (each / Math.max(seconds, 1e-6)) * width > 90) ?? 100;
  context.font = `${token(canvas, '--t-11')} ${token(canvas, '--font')}`;
  context.textBaseline = 'middle';
  for (let tick = 0; tick * step < seconds; tick++) {
    const at = Math.round(((tick * step) / seconds) * width);
    context.fillStyle = token(canvas, '--grid');
    context.fillRect(at, 0, 1, height - rulerHeight);
    context.fillStyle = token(canvas, '--text-3');
    if (at < width - 30) context.fillText(`${Number((tick * step).toFixed(2))} s`, at + 4, height - rulerHeight / 2);
  }
}

/** A bar for each octave, with its figure; a dash where it does not fall far enough. */
export function paintDecay(canvas: HTMLCanvasElement, decay: readonly { hz: number; seconds: number | null }[]): void {
  const surface = surfaceOf(canvas);
  if (surface === null || decay.length === 0) return;
  const { context, width, height } = surface;
  const longest = Math.max(0.1, ...decay.map(({ seconds }) => seconds ?? 0));
  const [slot, top, base] = [width / decay.length, 16, height - 16];
  context.font = `${token(canvas, '--t-11')} ${token(canvas, '--font')}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const [index, { hz, seconds }] of decay.entries()) {
    const middle = (index + 0.5) * slot;
    const tall = ((seconds ?? 0) / longest) * (base - top);
    context.fillStyle = token(canvas, '--text-2');
    context.fillRect(middle - slot * 0.3, base - tall, slot * 0.6, tall);
    context.fillStyle = token(canvas, '--text');
    context.fillText(seconds === null ? '–' : seconds.toFixed(2), middle, base - tall - 8);
    context.fillStyle = token(canvas, '--text-3');
    context.fillText(hz >= 1000 ? `${Math.round(hz / 1000)}k` : String(Math.round(hz)), middle, height - 7);
  }
  context.textAlign = 'start';
}

const curveRange = 24;

/** A line over 20 Hz to 20 kHz, ±24 dB. @param db of a frequency */
export function paintCurve(canvas: HTMLCanvasElement, db: (hz: number) => number): void {
  const surface = surfaceOf(canvas);
  if (surface === null) return;
  const { context, width, height } = surface;
  const y = (value: number): number => height / 2 - (Math.max(-curveRange, Math.min(curveRange, value)) / curveRange) * (height / 2 - 1);
  context.fillStyle = token(canvas, '--grid');
  for (const hz of [50, 100, 200, 500, 1000, 2000, 5000, 10_000]) context.fillRect(Math.round((Math.log10(hz / 20) / 3) * width), 0, 1, height);
  context.fillRect(0, Math.round(height / 2), width, 1);
  context.strokeStyle = token(canvas, '--text');
  context.lineWidth = 1.5;
  context.beginPath();
  for (let at = 0; at <= width; at += 2) context.lineTo(at, y(db(20 * 10 ** ((3 * at) / width))));
  context.stroke();
}

/** A small line of how a figure went, from 0 to what it is measured by. */
export function paintSpark(canvas: HTMLCanvasElement, values: readonly number[], full: number): void {
  const surface = surfaceOf(canvas);
  if (surface === null) return;
  const { context, width, height } = surface;
  context.strokeStyle = token(canvas, '--text-2');
  context.lineWidth = 1;
  context.beginPath();
  for (const [index, value] of values.entries()) context.lineTo((index / Math.max(1, values.length - 1)) * width, height - 1 - Math.min(1, value / full) * (height - 2));
  context.stroke();
}
