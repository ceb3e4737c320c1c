import { useEffect, useEffectEvent, useRef, type JSX, type KeyboardEvent, type PointerEvent } from 'react';
import styles from './studio.module.css';

/** How a drawn slider's place and its value belong together. */
export interface Law {
  least: number;
  most: number;
  /** 0 to 1. */
  toPosition: (value: number) => number;
  toValue: (position: number) => number;
  step: (value: number, steps: number) => number;
  /** Where a double click leads. */
  rest: number;
  spoken: (value: number) => string;
}

const keySteps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 6, PageDown: -6 };

/** Drag, Shift for fine; wheel, Shift coarse and Alt finest; arrows; double click or Backspace to rest. */
export function Fader({ label, law, value, onChange, isCentred = false }: { label: string; law: Law; value: number; onChange: (value: number) => void; isCentred?: boolean }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const drag = useRef<{ x: number; position: number } | null>(null);
  const position = law.toPosition(value);
  const rest = law.toPosition(law.rest);

  const turn = useEffectEvent((event: WheelEvent) => {
    event.preventDefault();
    const size = event.altKey ? 0.2 : event.shiftKey ? 6 : 1;
    onChange(law.step(value, -Math.sign(event.deltaY || event.deltaX) * size));
  });
  useEffect(() => {
    const element = ref.current;
    const onWheel = (event: WheelEvent): void => {
      turn(event);
    };
    // React's own wheel listeners cannot keep the page from scrolling.
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, []);

  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    event.currentTarget.setPointerCapture(event.pointerId);
    event.currentTarget.focus();
    drag.current = { x: event.clientX, position };
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    const from = drag.current;
    if (from === null) return;
    const share = (event.clientX - from.x) / event.currentTarget.clientWidth;
    const next = Math.min(1, Math.max(0, from.position + share * (event.shiftKey ? 0.1 : 1)));
    drag.current = { x: event.clientX, position: next };
    onChange(law.toValue(next));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const steps = keySteps[event.key];
    if (steps !== undefined) onChange(law.step(value, steps));
    else if (event.key === 'Backspace' || event.key === 'Delete') onChange(law.rest);
    else if (event.key === 'Home') onChange(law.toValue(0));
    else if (event.key === 'End') onChange(law.most);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const [from, to] = isCentred ? [Math.min(rest, position), Math.max(rest, position)] : [0, position];
  return (
    <div
      ref={ref}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={law.least}
      aria-valuemax={law.most}
      aria-valuenow={Math.max(law.least, value)}
      aria-valuetext={law.spoken(value)}
      className={styles.fader}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        drag.current = null;
      }}
      onDoubleClick={() => {
        onChange(law.rest);
      }}
      onKeyDown={onKeyDown}
    >
      <i className={styles.faderTick} style={{ left: `${rest * 100}%` }} />
      <i className={styles.faderFill} style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }} />
      <i className={styles.faderThumb} style={{ left: `${position * 100}%` }} />
    </div>
  );
}
