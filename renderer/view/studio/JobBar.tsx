import { useRef, type JSX } from 'react';
import type { Project, QueueItem } from '../../store/types.ts';
import { formatDb, toDb } from '../../units/levels.ts';
import { formatDuration } from '../../units/time.ts';
import { Icon } from '../parts/Icon.tsx';
import { Bar, Button } from '../parts/controls.tsx';
import { useFrame } from '../frame.ts';
import { costLine, phaseWords, segmentLine } from '../rail/words.ts';
import { useStudio, useStudioStore } from '../studio-context.ts';
import { LaneMeter } from './Strip.tsx';
import styles from './studio.module.css';

/** Of the mix's figure. */
const holdSeconds = 1.5;

/** What runs, how long it takes and how to stop it; when it is done, what it took. */
export function JobBar(): JSX.Element {
  return (
    <div className={styles.job}>
      <span className={styles.mix}>Mix</span>
      <span className={styles.mixMeter}>
        <LaneMeter label="Mix meter" isLying />
      </span>
      <MixLevel />
      <JobText />
    </div>
  );
}

/** The highest level that is held, in words of figures; red once it was over. */
function MixLevel(): JSX.Element {
  const store = useStudioStore();
  const text = useRef<HTMLSpanElement>(null);
  const hold = useRef({ db: -Infinity, since: 0 });
  useFrame((now) => {
    const { left, right } = store.getState().levels();
    const db = toDb(Math.max(left, right));
    if (db >= hold.current.db || now - hold.current.since > holdSeconds) hold.current = { db, since: now };
    const shown = hold.current.db < -99 ? '−∞ dB' : formatDb(hold.current.db);
    if (text.current === null || text.current.textContent === shown) return;
    text.current.textContent = shown;
    text.current.toggleAttribute('data-over', hold.current.db > 0);
  });
  return <span ref={text} className={styles.mixLevel} />;
}

function JobText(): JSX.Element {
  const { shown, finished, item } = useStudio((state) => ({
    ...{ shown: state.shown, finished: state.finished },
    // A region of the project that is being done anew, or the song itself until it is a project, which has the same id.
    item: state.items.find(({ id, redo, state: at }) => (redo?.project === state.shown?.id && (at === 'running' || at === 'waiting')) || (state.shown?.kind === 'item' && id === state.shown.id)),
  }));
  if (shown !== null && item?.state === 'running') return <Running item={item} />;
  if (shown !== null && item?.state === 'waiting') return <Waiting item={item} />;
  return finished !== null && item === undefined ? <Done project={finished} /> : <span className={styles.jobText} />;
}

function Done({ project: { id, report } }: { project: Project }): JSX.Element {
  const revealProject = useStudio((state) => state.revealProject);
  const { seconds, realtimeFactor, nullDepthDb } = report;
  const depth = nullDepthDb === null ? 'The stems add up to the song exactly.' : `Null depth ${nullDepthDb.toFixed(1).replace('-', '−')} dBFS.`;
  return (
    <>
      <span className={styles.ok}>
        <Icon name="done" />
      </span>
      <span className={styles.jobText}>
        <b>Finished in {formatDuration(seconds)}</b> {realtimeFactor.toFixed(1)} times real time. {depth}
      </span>
      <Button onPress={() => { revealProject(id); }}>Open folder</Button>
    </>
  );
}

function Running({ item }: { item: QueueItem }): JSX.Element {
  const { progress, plan, cancelItem } = useStudio((state) => ({
    ...{ progress: state.progress?.id === item.id ? state.progress.progress : null, plan: state.plans[item.id], cancelItem: state.cancelItem },
  }));
  const fraction = progress?.fraction ?? 0;
  const eta = progress?.etaSeconds;
  const left = eta === null || eta === undefined ? '' : `${formatDuration(eta)} left`;
  const what = progress === null ? 'Starting' : phaseWords[progress.phase];
  const words = item.redo === null ? what : `Redoing the region: ${what.toLowerCase()}`;
  const segments = progress?.phase === 'separate' && item.redo === null ? segmentLine(plan, item.options, fraction) : '';
  return (
    <>
      <div className={styles.jobProgress}>
        <span>
          <b>{words}</b>{segments !== '' && <span className={styles.jobHow}> from the playhead outwards</span>}
        </span>
        <span className={styles.jobPercent}>{segments === '' ? `${Math.floor(fraction * 100)} %` : segments}</span>
        <span className={styles.jobLeft}>{left}</span>
        <Bar label={words} fraction={fraction} text={`${Math.floor(fraction * 100)} percent. ${left}`} />
      </div>
      <Button onPress={() => { cancelItem(item.id); }}>Cancel</Button>
    </>
  );
}

/** A song that has not begun: the queue starts when a person says so. */
function Waiting({ item }: { item: QueueItem }): JSX.Element {
  const { isActive, plan, setActive } = useStudio((state) => ({ isActive: state.isActive, plan: state.plans[item.id], setActive: state.setActive }));
  return (
    <>
      <span className={styles.jobText}>
        <b>{isActive ? 'Waits for its turn' : 'Ready to separate'}</b> {costLine(plan)}
      </span>
      {!isActive && <Button look="primary" onPress={() => { setActive(true); }}>Separate</Button>}
    </>
  );
}
