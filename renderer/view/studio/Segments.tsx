import type { JSX } from 'react';
import { useStudio } from '../studio-context.ts';
import styles from './studio.module.css';

/** What is finished, under the ruler. */
export function Segments(): JSX.Element {
  const { finished, rate, window } = useStudio(({ song, window: shown }) => ({ finished: song?.finished ?? [], rate: song?.rate ?? 0, window: shown }));
  const percent = (frame: number): number => (rate === 0 || window.span === 0 ? 0 : ((frame / rate - window.start) / window.span) * 100);
  return (
    <div className={styles.segments} aria-hidden="true">
      {finished.map(([start, end]) => (
        <i key={start} style={{ left: `${percent(start)}%`, width: `${percent(end) - percent(start)}%` }} />
      ))}
    </div>
  );
}
