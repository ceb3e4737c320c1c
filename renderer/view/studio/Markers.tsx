import { useRef, useState, type JSX, type KeyboardEvent, type PointerEvent } from 'react';
import type { Marker } from '../../store/arrangement.ts';
import { formatPosition } from '../../units/time.ts';
import { useStudio } from '../studio-context.ts';
import { pointed } from './pointed.ts';
import styles from './studio.module.css';

const leastDrag = 4;
const keyStep = 0.1;

/** Flags on the ruler. A press jumps there, a drag moves it, a double click or F2 names it, Delete takes it away. */
export function Markers(): JSX.Element {
  const { markers, window } = useStudio((state) => ({ markers: state.markers, window: state.window }));
  const [named, setNamed] = useState<string | null>(null);
  const inSight = markers.filter(({ seconds }) => seconds >= window.start && seconds <= window.start + window.span);
  return (
    <>
      {inSight.map((marker) => (
        <div key={marker.id} className={styles.marker} style={{ left: `${((marker.seconds - window.start) / window.span) * 100}%` }}>
          {named === marker.id ? (
            <MarkerName marker={marker} onDone={() => { setNamed(null); }} />
          ) : (
            <MarkerFlag marker={marker} onName={() => { setNamed(marker.id); }} />
          )}
        </div>
      ))}
    </>
  );
}

function MarkerFlag({ marker: { id, seconds, label }, onName }: { marker: Marker; onName: () => void }): JSX.Element {
  const { window, seek, moveMarker, deleteMarker } = useStudio((state) => ({ window: state.window, seek: state.seek, moveMarker: state.moveMarker, deleteMarker: state.deleteMarker }));
  const drag = useRef<{ x: number; isMoving: boolean } | null>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (way !== undefined) moveMarker(id, seconds + way * keyStep * (event.shiftKey ? 10 : 1));
    else if (event.key === 'F2') onName();
    else if (event.key === 'Delete' || event.key === 'Backspace') deleteMarker(id);
    else if (event.key === 'Enter') seek(seconds);
    else return;
    event.preventDefault();
  };
  const onPointerMove = (event: PointerEvent): void => {
    const ruler = event.currentTarget.parentElement?.parentElement ?? null;
    if (drag.current === null || ruler === null) return;
    drag.current.isMoving ||= Math.abs(event.clientX - drag.current.x) >= leastDrag;
    if (drag.current.isMoving) moveMarker(id, pointed({ clientX: event.clientX, currentTarget: ruler }, window.start, window.span));
  };
  return (
    <button
      type="button"
      className={styles.flag}
      aria-label={`Marker ${label} at ${formatPosition(seconds)}`}
      title={`${label}. Double click or F2 names it, Delete takes it away.`}
      dir="auto"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { x: event.clientX, isMoving: false };
      }}
      onPointerMove={onPointerMove}
      onPointerUp={(event) => {
        event.stopPropagation();
        if (drag.current?.isMoving === false) seek(seconds);
        drag.current = null;
      }}
      onPointerCancel={() => {
        drag.current = null;
      }}
      onDoubleClick={onName}
    >
      {label}
    </button>
  );
}

function MarkerName({ marker: { id, label }, onDone }: { marker: Marker; onDone: () => void }): JSX.Element {
  const nameMarker = useStudio((state) => state.nameMarker);
  const [text, setText] = useState(label);
  const done = (): void => {
    if (text !== label) nameMarker(id, text);
    onDone();
  };
  return (
    <input
      className={styles.flagInput}
      aria-label={`Name of ${label}`}
      value={text}
      maxLength={200}
      dir="auto"
      autoFocus
      onFocus={(event) => {
        event.currentTarget.select();
      }}
      onChange={(event) => {
        setText(event.currentTarget.value);
      }}
      onPointerDown={(event) => {
        event.stopPropagation();
      }}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === 'Enter') done();
        else if (event.key === 'Escape') onDone();
      }}
    />
  );
}
