import { useCallback, useEffect, useEffectEvent, useRef, type JSX, type PointerEvent, type RefObject } from 'react';
import { paintRuler } from '../../canvas/ruler.ts';
import { paintWaveform } from '../../canvas/waveform.ts';
import { originalName } from '../../store/song.ts';
import { heardGain } from '../../store/strips.ts';
import { formatLength } from '../../units/time.ts';
import { stemColour, stemLabel } from '../../units/stems.ts';
import { useFrame } from '../frame.ts';
import { useStudio, useStudioStore } from '../studio-context.ts';
import { useCanvas } from '../use-canvas.ts';
import styles from './studio.module.css';

/** Seconds under the pointer. */
function pointed({ clientX, currentTarget }: PointerEvent, start: number, span: number): number {
  const { left, width } = currentTarget.getBoundingClientRect();
  return start + ((clientX - left) / width) * span;
}

export function Wave({ name }: { name: string }): JSX.Element {
  const { song, peaks, ghost, window, isDimmed, seek, select } = useStudio((state) => ({
    ...{ song: state.song, window: state.window, seek: state.seek, select: state.select },
    peaks: state.peaks[name] ?? null,
    ghost: name === originalName ? null : (state.peaks[originalName] ?? null),
    isDimmed: heardGain(state.strips, name) === 0,
  }));
  const { rate, frames, finished, seconds } = song ?? { rate: 0, frames: 0, finished: [], seconds: 0 };
  const paint = useCallback(
    (canvas: HTMLCanvasElement) => {
      const final = name === originalName ? [[0, frames] as const] : finished;
      paintWaveform(canvas, { peaks, ghost, finished: final, start: window.start * rate, span: window.span * rate, colour: stemColour(name), gain: 1, isDimmed });
    },
    [name, peaks, ghost, finished, window, rate, frames, isDimmed],
  );
  const canvas = useCanvas(paint);
  return (
    <div
      className={styles.wave}
      onPointerDown={(event) => {
        select(name);
        seek(pointed(event, window.start, window.span));
      }}
    >
      <canvas ref={canvas} role="img" aria-label={`Waveform of ${stemLabel(name)}, ${formatLength(seconds)}`} />
    </div>
  );
}

/** Drag makes the loop, a click moves the playhead. */
export function Ruler(): JSX.Element {
  const { window, loop, isLooping, seek, setLoop } = useStudio((state) => ({
    ...{ window: state.window, loop: state.loop, isLooping: state.isLooping, seek: state.seek, setLoop: state.setLoop },
  }));
  const drag = useRef<number | null>(null);
  const canvas = useCanvas(
    useCallback(
      (element: HTMLCanvasElement) => {
        paintRuler(element, { ...window, loop, isLooping });
      },
      [window, loop, isLooping],
    ),
  );
  return (
    <div
      className={styles.ruler}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = pointed(event, window.start, window.span);
      }}
      onPointerUp={(event) => {
        const from = drag.current;
        const to = pointed(event, window.start, window.span);
        drag.current = null;
        if (from === null) return;
        if (Math.abs(to - from) < (window.span * 4) / event.currentTarget.clientWidth) seek(to);
        else setLoop(from, to);
      }}
    >
      <canvas ref={canvas} role="img" aria-label="Time ruler. Drag to loop a region." />
    </div>
  );
}

/** The whole song, with what the lanes show as a frame. */
export function Overview(): JSX.Element {
  const { song, peaks, window, scroll } = useStudio((state) => ({
    ...{ song: state.song, window: state.window, scroll: state.scroll },
    peaks: state.peaks[originalName] ?? null,
  }));
  const frames = song?.frames ?? 0;
  const seconds = song?.seconds ?? 0;
  const canvas = useCanvas(
    useCallback(
      (element: HTMLCanvasElement) => {
        paintWaveform(element, { peaks, ghost: null, finished: [[0, frames]], start: 0, span: frames, colour: '--stem-original', gain: 1, isDimmed: false });
      },
      [peaks, frames],
    ),
  );
  const move = (event: PointerEvent): void => {
    scroll(pointed(event, 0, seconds) - window.span / 2);
  };
  const percent = (value: number): string => `${seconds === 0 ? 0 : (value / seconds) * 100}%`;
  return (
    <div
      className={styles.overview}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        move(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons === 1) move(event);
      }}
    >
      <canvas ref={canvas} role="img" aria-label={`Whole song, ${formatLength(seconds)}`} />
      <i className={styles.overviewWindow} style={{ left: percent(window.start), width: percent(window.span) }} />
      <Playhead start={0} span={seconds} />
    </div>
  );
}

/** Moves outside of React, by a transform. */
export function Playhead({ start, span }: { start: number; span: number }): JSX.Element {
  const store = useStudioStore();
  const ref = useRef<HTMLElement>(null);
  useFrame(() => {
    const line = ref.current;
    const width = line?.parentElement?.clientWidth ?? 0;
    if (line === null) return;
    const x = span === 0 ? 0 : ((store.getState().position() - start) / span) * width;
    line.style.transform = `translateX(${Math.round(x)}px)`;
    line.style.visibility = x >= 0 && x <= width ? 'visible' : 'hidden';
  });
  return <i ref={ref} className={styles.playhead} />;
}

/** Ctrl with the wheel zooms about the pointer; Shift, or sideways, scrolls. @returns for an element that covers the lanes */
export function useLaneWheel(): RefObject<HTMLDivElement | null> {
  const { window, zoom, scroll } = useStudio(({ window: shown, zoom: by, scroll: to }) => ({ window: shown, zoom: by, scroll: to }));
  const turn = useEffectEvent((event: WheelEvent, area: HTMLElement) => {
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    const { left, width } = area.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(event.deltaY / 300), window.start + ((event.clientX - left) / width) * window.span);
    else if (sideways !== 0) scroll(window.start + (sideways / width) * window.span);
    else return;
    event.preventDefault();
  });
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const area = element.current;
    const onWheel = (event: WheelEvent): void => {
      if (area !== null && event.target instanceof Element && event.target.closest('[role="slider"]') === null) turn(event, area);
    };
    const parent = area?.parentElement;
    parent?.addEventListener('wheel', onWheel, { passive: false });
    return () => parent?.removeEventListener('wheel', onWheel);
  }, []);
  return element;
}
