import { useRef, type JSX, type RefObject } from 'react';
import { originalName, residualName } from '../../store/song.ts';
import { formatLength, formatPosition } from '../../units/time.ts';
import { stemLabel } from '../../units/stems.ts';
import { useFrame } from '../frame.ts';
import { useStudio, useStudioStore } from '../studio-context.ts';
import { JobBar } from './JobBar.tsx';
import { LaneWave } from './LaneWave.tsx';
import { Overview } from './Overview.tsx';
import { Playhead } from './Playhead.tsx';
import { RegionPanel } from './RegionPanel.tsx';
import { Ruler } from './Ruler.tsx';
import { Segments } from './Segments.tsx';
import { SongBar } from './SongBar.tsx';
import { ResidualStrip, Strip } from './Strip.tsx';
import styles from './studio.module.css';
import { useLaneWheel } from './use-lane-wheel.ts';

/** What keeps its place when there are more lanes than fit. */
const places: Readonly<Record<string, string | undefined>> = { [originalName]: styles.atTop, [residualName]: styles.atBottom };

/** One lane a stem, the original above them and the residual below. */
export function Studio(): JSX.Element {
  const store = useStudioStore();
  const { seconds, shown, isOriginalOpen } = useStudio((state) => ({ seconds: state.song?.seconds ?? 0, shown: state.song?.lanes, isOriginalOpen: state.isOriginalOpen }));
  const area = useRef<HTMLDivElement>(null);
  const time = useRef<HTMLDivElement>(null);
  useLaneWheel(area, time);
  useFrame(() => {
    const { isPlaying, follow } = store.getState();
    if (isPlaying) follow();
  });
  const lanes = shown?.map(({ name }) => name) ?? [];
  const stems = lanes.filter((name) => name !== originalName && name !== residualName);
  const heights: Readonly<Record<string, string | undefined>> = { [originalName]: isOriginalOpen ? 'var(--h-lane-min)' : 'var(--h-lane-fold)', [residualName]: 'var(--h-residual)' };
  const rows = ['var(--h-overview)', 'var(--h-ruler-row)', ...lanes.map((name) => heights[name] ?? 'minmax(var(--h-lane-min), 1fr)')];
  return (
    <div className={styles.body}>
      <SongBar />
      <div ref={area} className={styles.arrangement}>
        <div className={styles.rows} style={{ gridTemplateRows: rows.join(' ') }}>
          <div className={`${styles.head ?? ''} ${styles.overviewRow ?? ''}`}>
            Whole song <span className={styles.headEnd}>{formatLength(seconds)}</span>
          </div>
          <div className={styles.overviewRow}>
            <Overview />
          </div>
          <LoopHead />
          <div className={`${styles.rulerCell ?? ''} ${styles.rulerRow ?? ''}`}>
            <Ruler />
            <Segments />
          </div>
          {lanes.map((name) => (
            <section key={name} className={`${styles.lane ?? ''} ${places[name] ?? ''}`} aria-label={`${stemLabel(name)} lane`}>
              {name === residualName ? <ResidualStrip /> : <Strip name={name} digit={stems.indexOf(name) + 1} isFolded={name === originalName && !isOriginalOpen} />}
              <LaneWave name={name} isFolded={name === originalName && !isOriginalOpen} />
            </section>
          ))}
          <Over time={time} />
        </div>
      </div>
      <RegionPanel />
      <JobBar />
    </div>
  );
}

function LoopHead(): JSX.Element {
  const loop = useStudio((state) => state.loop);
  const place = (at: number): string => formatPosition(at).slice(0, -2);
  return (
    <div className={`${styles.head ?? ''} ${styles.rulerRow ?? ''}`}>
      Loop
      <span className={styles.headEnd}>{loop === null ? 'drag the ruler' : `${place(loop[0])} to ${place(loop[1])}`}</span>
    </div>
  );
}

/** What lies over all lanes: the loop, the selection and the playhead. */
function Over({ time }: { time: RefObject<HTMLDivElement | null> }): JSX.Element {
  const { window, loop, selection } = useStudio((state) => ({ window: state.window, loop: state.loop, selection: state.selection }));
  const box = ([start, end]: readonly [number, number]): { left: string; width: string } => ({
    ...{ left: `${((start - window.start) / window.span) * 100}%`, width: `${((end - start) / window.span) * 100}%` },
  });
  const isShown = window.span > 0;
  return (
    <div ref={time} className={styles.over}>
      {isShown && loop !== null && <i className={styles.loopArea} style={box(loop)} />}
      {isShown && selection !== null && <i className={styles.selectionArea} style={box(selection)} />}
      <Playhead start={window.start} span={window.span} />
    </div>
  );
}
