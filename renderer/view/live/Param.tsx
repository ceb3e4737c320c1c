import type { JSX } from 'react';
import { Fader } from '../studio/Fader.tsx';
import { TypedValue } from '../studio/TypedValue.tsx';
import styles from './live.module.css';
import type { Scale } from './scales.ts';

/** A parameter: its name, a slider, and its figure, which can be typed. */
export function Param({ label, scale, value, isCentred = false, onChange }: { label: string; scale: Scale; value: number; isCentred?: boolean; onChange: (value: number) => void }): JSX.Element {
  return (
    <div className={styles.param}>
      <span className={styles.label}>{label}</span>
      <Fader label={label} law={scale.law} value={value} onChange={onChange} isCentred={isCentred} />
      <TypedValue label={label} text={scale.format(value)} parse={scale.parse} onChange={onChange} />
    </div>
  );
}

/** One whose end is "off": null. */
export function OptionalParam({ label, scale, off, value, onChange }: { label: string; scale: Scale; off: 'least' | 'most'; value: number | null; onChange: (value: number | null) => void }): JSX.Element {
  const end = scale.law[off];
  return <Param label={label} scale={scale} value={value ?? end} onChange={(next) => { onChange(next === end ? null : next); }} />;
}
