import type { CSSProperties, JSX } from 'react';
import type { StudioState } from '../../store/state.ts';
import { computedNow } from '../../units/segments.ts';
import { useStudio } from '../studio-context.ts';
import styles from './studio.module.css';

/** More would be a blur. */
const mostCells = 120;

/** From one segment to the next, while the song that is shown is being separated. */
function strideFrames({ song, progress, shown, plans, items }: StudioState): number {
  const plan = plans[shown?.id ?? ''];
  const item = items.find(({ id }) => id === shown?.id);
  if (song === null || progress === null || progress.id !== shown?.id || progress.progress.phase !== 'separate' || plan?.ok !== true || item === undefined) return 0;
  return plan.plan.segmentSeconds * (1 - item.options.overlap) * song.rate;
}

/** Under the ruler: what is finished, what is computed now and what waits, a cell each segment. */
export function Segments(): JSX.Element {
  const { finished, rate, frames, window, stride, from, to } = useStudio((state) => {
    const { song } = state;
    const stride = strideFrames(state);
    const now = song === null ? null : computedNow(song.finished, song.frames, state.position() * song.rate, stride);
    return { finished: song?.finished ?? [], rate: song?.rate ?? 0, frames: song?.frames ?? 0, window: state.window, stride, from: now?.[0] ?? 0, to: now?.[1] ?? 0 };
  });
  const percent = (count: number): number => (rate === 0 || window.span === 0 ? 0 : (count / rate / window.span) * 100);
  const place = (start: number, end: number): { left: string; width: string } => ({ left: `${percent(start - window.start * rate)}%`, width: `${percent(end - start)}%` });
  const hasCells = stride > 0 && (window.span * rate) / stride <= mostCells;
  return (
    <div className={styles.segments} aria-hidden="true">
      {finished.map(([start, end]) => (
        <i key={start} style={place(start, end)} />
      ))}
      {to > from && <i key={from} data-now style={place(from, to)} />}
      {hasCells && <b style={{ ...place(0, frames), '--cell': `${(stride / frames) * 100}%` } as CSSProperties} />}
    </div>
  );
}
