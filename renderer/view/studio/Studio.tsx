import type { JSX } from 'react';
import { originalName } from '../../store/song.ts';
import { formatLength, formatPosition } from '../../units/time.ts';
import { stemLabel } from '../../units/stems.ts';
import { IconButton } from '../parts/controls.tsx';
import { useStudio, useStudioStore } from '../studio-context.ts';
import { JobBar } from './JobBar.tsx';
import { Segments } from './Segments.tsx';
import { Strip } from './Strip.tsx';
import styles from './studio.module.css';
import { Overview, Playhead, Ruler, useLaneWheel, Wave } from './Wave.tsx';

/** One lane a stem, and the original above them. */
export function Studio(): JSX.Element {
  const { title, detail, seconds, lanes, window, loop } = useStudio(({ song, window: shown, loop: region }) => ({
    ...{ title: song?.title ?? '', detail: song?.detail ?? '', seconds: song?.seconds ?? 0 },
    ...{ lanes: song?.lanes ?? [], window: shown, loop: region },
  }));
  const area = useLaneWheel();
  return (
    <>
      <SongBar title={title} detail={detail} />
      <div className={styles.arrangement} style={{ gridTemplateRows: `var(--h-overview) var(--h-ruler) ${lanes.map(({ name }) => (name === originalName ? 'var(--h-lane-fold)' : 'minmax(var(--h-lane-min), 1fr)')).join(' ')}` }}>
        <div className={styles.head}>
          Whole song <span className={styles.headEnd}>{formatLength(seconds)}</span>
        </div>
        <Overview />
        <div className={styles.head}>
          Loop
          <span className={styles.headEnd}>{loop === null ? 'drag the ruler' : `${formatPosition(loop[0]).slice(0, -2)} to ${formatPosition(loop[1]).slice(0, -2)}`}</span>
        </div>
        <div className={styles.rulerCell}>
          <Ruler />
          <Segments />
        </div>
        {lanes.map(({ name }, index) => (
          <section key={name} className={styles.lane} aria-label={`${stemLabel(name)} lane`}>
            <Strip name={name} digit={index} isFolded={name === originalName} />
            <Wave name={name} />
          </section>
        ))}
        <div ref={area} className={styles.over}>
          {loop !== null && window.span > 0 && (
            <i className={styles.loopArea} style={{ left: `${((loop[0] - window.start) / window.span) * 100}%`, width: `${((loop[1] - loop[0]) / window.span) * 100}%` }} />
          )}
          <Playhead start={window.start} span={window.span} />
        </div>
      </div>
      <JobBar />
    </>
  );
}

function SongBar({ title, detail }: { title: string; detail: string }): JSX.Element {
  const store = useStudioStore();
  const zoomBy = (factor: number): void => {
    const { zoom, window, position } = store.getState();
    const at = position();
    zoom(factor, at >= window.start && at <= window.start + window.span ? at : window.start + window.span / 2);
  };
  return (
    <div className={styles.song}>
      <h1 className={styles.title} dir="auto">{title}</h1>
      <span className={styles.detail}>{detail}</span>
      <IconButton icon="minus" label="Zoom out" keys="Ctrl −" onPress={() => { zoomBy(1.5); }} />
      <IconButton icon="add" label="Zoom in" keys="Ctrl +" onPress={() => { zoomBy(1 / 1.5); }} />
      <IconButton icon="fit" label="Fit song" keys="Ctrl 0" onPress={() => { store.getState().fit(); }} />
    </div>
  );
}
