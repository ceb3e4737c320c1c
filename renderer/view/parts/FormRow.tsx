import type { JSX, ReactNode } from 'react';
import styles from './parts.module.css';

/** A line of a dialog: what, the control, and what it costs below it. */
export function FormRow({ label, cost, children }: { label: string; cost?: ReactNode; children: ReactNode }): JSX.Element {
  return (
    <div className={styles.formRow}>
      <span className={styles.formLabel}>{label}</span>
      <div className={styles.formControl}>{children}</div>
      {cost !== undefined && <p className={styles.formCost}>{cost}</p>}
    </div>
  );
}
