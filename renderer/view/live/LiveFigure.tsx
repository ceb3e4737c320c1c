import { useRef, type JSX } from 'react';
import type { Hardware, Meters } from '../../store/types.ts';
import { useFrame, writeText } from '../frame.ts';
import { useStudioStore } from '../studio-context.ts';
import styles from './engine.module.css';

export type Figure = (meters: Meters | null, machine: Hardware | null) => string;

/** A figure that changes many times a second, outside of React. */
export function LiveFigure({ read }: { read: Figure }): JSX.Element {
  const store = useStudioStore();
  const text = useRef<HTMLSpanElement>(null);
  useFrame(() => {
    const { soundLoad, hardware } = store.getState();
    writeText(text.current, read(soundLoad(), hardware()));
  });
  return <span ref={text} className={styles.figure} />;
}
