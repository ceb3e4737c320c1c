import { useCallback, useRef, useState, type JSX, type PointerEvent } from 'react';
import { paintRuler } from '../../canvas/ruler.ts';
import { formatPosition } from '../../units/time.ts';
import { useStudio } from '../studio-context.ts';
import { useCanvas } from '../use-canvas.ts';
import { Markers } from './Markers.tsx';
import { Playhead } from './Playhead.tsx';
import { pointed } from './pointed.ts';
import styles from './studio.module.css';

/** Pixels; less is a click. */
const leastDrag = 4;
const keyStep = 0.1;
const noBeats: readonly number[] = [];

/** Drag makes the loop, a click moves the playhead. */
export function Ruler(): JSX.Element {
  const { window, loop, isLooping, beats, seek, setLoop } = useStudio((state) => ({
    ...{ beats: state.rhythm?.beats ?? noBeats, window: state.window, loop: state.loop, isLooping: state.isLooping, seek: state.seek, setLoop: state.setLoop },
  }));
  const drag = useRef<{ seconds: number; x: number; isMoving: boolean } | null>(null);
  const canvas = useCanvas(
    useCallback(
      (element: HTMLCanvasElement) => {
        paintRuler(element, { ...window, loop, isLooping, beats });
      },
      [window, loop, isLooping, beats],
    ),
  );
  const onPointerMove = (event: PointerEvent): void => {
    const from = drag.current;
    if (from === null) return;
    from.isMoving ||= Math.abs(event.clientX - from.x) >= leastDrag;
    if (from.isMoving) setLoop(from.seconds, pointed(event, window.start, window.span));
  };
  return (
    <div
      className={styles.ruler}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { seconds: pointed(event, window.start, window.span), x: event.clientX, isMoving: false };
      }}
      onPointerMove={onPointerMove}
      onPointerUp={(event) => {
        if (drag.current?.isMoving === false) seek(pointed(event, window.start, window.span));
        drag.current = null;
      }}
      onPointerCancel={() => {
        drag.current = null;
      }}
    >
      <canvas ref={canvas} role="img" aria-label="Time ruler. Drag to loop a region." />
      {loop !== null && <LoopEdge loop={loop} side={0} />}
      {loop !== null && <LoopEdge loop={loop} side={1} />}
      <Markers />
      <Playhead start={window.start} span={window.span} />
    </div>
  );
}

const edgeNames = ['Loop start', 'Loop end'] as const;

/** One end of the loop: drag it, or the arrows for a tenth of a second, Shift for a whole one. */
function LoopEdge({ loop, side }: { loop: readonly [number, number]; side: 0 | 1 }): JSX.Element {
  const { window, seconds, setLoop } = useStudio((state) => ({ window: state.window, seconds: state.song?.seconds ?? 0, setLoop: state.setLoop }));
  const [isDragged, setDragged] = useState(false);
  const at = loop[side];
  const move = (to: number): void => {
    // The other end stays where it is, and is not passed.
    if (side === 0) setLoop(Math.min(to, loop[1] - keyStep), loop[1]);
    else setLoop(loop[0], Math.max(to, loop[0] + keyStep));
  };
  return (
    <div
      className={styles.loopEdge}
      role="slider"
      tabIndex={0}
      aria-label={edgeNames[side]}
      aria-valuemin={0}
      aria-valuemax={seconds}
      aria-valuenow={at}
      aria-valuetext={formatPosition(at)}
      style={{ left: `${((at - window.start) / window.span) * 100}%` }}
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragged(true);
      }}
      onPointerMove={(event) => {
        const ruler = event.currentTarget.parentElement;
        if (isDragged && ruler !== null) move(pointed({ clientX: event.clientX, currentTarget: ruler }, window.start, window.span));
      }}
      onPointerUp={(event) => {
        event.stopPropagation();
        setDragged(false);
      }}
      onPointerCancel={() => {
        setDragged(false);
      }}
      onKeyDown={(event) => {
        const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
        if (way === undefined) return;
        event.preventDefault();
        move(at + way * keyStep * (event.shiftKey ? 10 : 1));
      }}
    />
  );
}
