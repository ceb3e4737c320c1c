import type { JSX, ReactNode } from 'react';
import styles from './engine.module.css';

/** A control of the engine's panel, and what it costs. */
export function Row({ label, cost, children }: { label: string; cost?: string; children: ReactNode }): JSX.Element {
  return (
    <div className={styles.row}>
      <span className={styles.label}>{label}</span>
      <div className={styles.control}>{children}</div>
      {cost !== undefined && <p className={styles.cost}>{cost}</p>}
    </div>
  );
}
