import type { JSX } from 'react';
import { stemColour, stemLabel } from '../../units/stems.ts';
import { Hidden } from '../parts/controls.tsx';
import styles from './models.module.css';
import type { QualityTable as Table } from './quality.ts';

/** The bar is full at this many dB. */
const fullDb = 12;

const figure = (value: number | null): string => (value === null ? '–' : value.toFixed(1).replace('-', '−'));

export function QualityTable({ table: { title, columns, subject, rows }, isCaptionHidden = false }: { table: Table; isCaptionHidden?: boolean }): JSX.Element {
  return (
    <table className={styles.quality}>
      {title !== '' && <caption>{isCaptionHidden ? <Hidden>{title}</Hidden> : title}</caption>}
      <thead>
        <tr>
          <th scope="col">SDR, dB</th>
          {columns.map((column) => (
            <th key={column} scope="col">{column}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ stem, values }) => (
          <tr key={stem}>
            <th scope="row">
              <i className={styles.dot} style={{ background: `var(${stemColour(stem)})` }} />
              {stemLabel(stem)}
            </th>
            {values.map((value, index) => (
              <td key={columns[index]} data-subject={index === subject || undefined}>
                <span className={styles.figure}>{figure(value)}</span>
                <span className={styles.strength}>
                  <i style={{ transform: `scaleX(${Math.min(1, Math.max(0, (value ?? 0) / fullDb))})` }} />
                </span>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
