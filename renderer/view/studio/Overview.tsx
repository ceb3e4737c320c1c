import { useCallback, useRef, type JSX, type PointerEvent } from 'react';
import { paintWaveform } from '../../canvas/waveform.ts';
import { surfaceOf } from '../../canvas/surface.ts';
import { originalName } from '../../store/song.ts';
import { formatLength, spokenTime } from '../../units/time.ts';
import { useStudio } from '../studio-context.ts';
import { useCanvas } from '../use-canvas.ts';
import { Playhead } from './Playhead.tsx';
import { pointed } from './pointed.ts';
import styles from './studio.module.css';

/** The whole song, with what the lanes show as a frame: drag the frame, or press beside it to bring it there. */
export function Overview(): JSX.Element {
  const { frames, rate, finished, seconds, peaks, window, loop, scroll, fit } = useStudio((state) => ({
    ...{ frames: state.song?.frames ?? 0, rate: state.song?.rate ?? 0, finished: state.song?.finished, seconds: state.song?.seconds ?? 0 },
    ...{ peaks: state.peaks[originalName] ?? null, window: state.window, loop: state.loop, scroll: state.scroll, fit: state.fit },
  }));
  const canvas = useCanvas(
    useCallback(
      (element: HTMLCanvasElement) => {
        const surface = surfaceOf(element);
        if (surface === null || frames === 0) return;
        const picture = { peaks, ghost: peaks, finished: finished ?? [], colour: '--stem-original', gain: 1, isDimmed: false };
        paintWaveform(surface.context, picture, { start: 0, framesPerColumn: frames / element.width });
      },
      [peaks, finished, frames],
    ),
  );
  const grip = useRef(0);
  const press = (event: PointerEvent): void => {
    const at = pointed(event, 0, seconds);
    const isInside = at >= window.start && at <= window.start + window.span;
    grip.current = isInside ? at - window.start : window.span / 2;
    event.currentTarget.setPointerCapture(event.pointerId);
    scroll(at - grip.current);
  };
  const percent = (value: number): string => `${seconds === 0 ? 0 : (value / seconds) * 100}%`;
  return (
    <div
      className={styles.overview}
      onPointerDown={press}
      onPointerMove={(event) => {
        if (event.buttons === 1) scroll(pointed(event, 0, seconds) - grip.current);
      }}
      onDoubleClick={fit}
    >
      <canvas ref={canvas} role="img" aria-label={`Whole song, ${formatLength(seconds)}. The lanes show ${spokenTime(window.start)} to ${spokenTime(window.start + window.span)}.`} />
      {loop !== null && rate > 0 && <i className={styles.overviewLoop} style={{ left: percent(loop[0]), width: percent(loop[1] - loop[0]) }} />}
      <i className={styles.overviewWindow} style={{ left: percent(window.start), width: percent(window.span) }} />
      <Playhead start={0} span={seconds} />
    </div>
  );
}
