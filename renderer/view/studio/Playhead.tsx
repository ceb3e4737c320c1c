import { useRef, type JSX } from 'react';
import { useFrame } from '../frame.ts';
import { useStudioStore } from '../studio-context.ts';
import styles from './studio.module.css';

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
