import { beatMarks, ticks } from '../units/ruler.ts';
import { formatLength, formatPosition } from '../units/time.ts';
import { surfaceOf, token } from './surface.ts';

export interface RulerPicture {
  /** Seconds. */
  start: number;
  span: number;
  loop: readonly [number, number] | null;
  isLooping: boolean;
  /** Seconds, ascending. */
  beats: readonly number[];
}

export function paintRuler(canvas: HTMLCanvasElement, { start, span, loop, isLooping, beats }: RulerPicture): void {
  const surface = surfaceOf(canvas);
  if (surface === null || span <= 0) return;
  const { context, width, height } = surface;
  const toX = (seconds: number): number => Math.round(((seconds - start) / span) * width);
  if (loop !== null) {
    const [from, to] = [toX(loop[0]), toX(loop[1])];
    context.fillStyle = token(canvas, '--loop-fill');
    context.fillRect(from, 0, to - from, height);
    context.fillStyle = token(canvas, isLooping ? '--loop' : '--edge');
    context.fillRect(from, height - 4, to - from, 4);
    context.fillRect(from, height - 10, 2, 10);
    context.fillRect(to - 2, height - 10, 2, 10);
  }
  // From above: the marks of time stand below.
  context.fillStyle = token(canvas, '--edge');
  for (const beat of beatMarks(beats, start, start + span, width)) context.fillRect(toX(beat), 0, 1, 3);
  context.font = `${token(canvas, '--t-11')} ${token(canvas, '--font')}`;
  context.textBaseline = 'middle';
  const marks = ticks(start, start + span, width);
  const majors = marks.filter(({ isMajor }) => isMajor);
  const isFine = majors.some(({ seconds }) => Math.abs(seconds - Math.round(seconds)) > 1e-6);
  for (const { seconds, isMajor } of marks) {
    const x = toX(seconds);
    const length = isMajor ? 9 : 4;
    context.fillStyle = token(canvas, isMajor ? '--edge' : '--line-strong');
    context.fillRect(x, height - length, 1, length);
    if (!isMajor || x > width - 34) continue;
    context.fillStyle = token(canvas, '--text-2');
    context.fillText(isFine ? formatPosition(seconds).slice(0, -1) : formatLength(seconds + 1e-6), x + 4, 9);
  }
}
