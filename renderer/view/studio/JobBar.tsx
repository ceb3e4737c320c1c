import type { JSX } from 'react';
import type { QueueItem } from '../../store/types.ts';
import { formatDuration } from '../../units/time.ts';
import { Icon } from '../parts/Icon.tsx';
import { Bar, Button } from '../parts/controls.tsx';
import { costLine, phaseWords } from '../rail/words.ts';
import { useStudio } from '../studio-context.ts';
import { LaneMeter } from './Strip.tsx';
import styles from './studio.module.css';

/** What runs, how long it takes and how to stop it; when it is done, what it took. */
export function JobBar(): JSX.Element {
  return (
    <div className={styles.job}>
      <span className={styles.mix}>Mix</span>
      <span className={styles.mixMeter}>
        <LaneMeter label="Mix meter" />
      </span>
      <JobText />
    </div>
  );
}

function JobText(): JSX.Element {
  const { shown, finished, progress, item, cancelItem, revealProject } = useStudio((state) => ({
    ...{ shown: state.shown, finished: state.finished, cancelItem: state.cancelItem, revealProject: state.revealProject },
    progress: state.progress?.id === state.shown?.id ? (state.progress?.progress ?? null) : null,
    item: state.items.find(({ id }) => id === state.shown?.id),
  }));
  if (finished !== null) {
    const { seconds, realtimeFactor, nullDepthDb } = finished.report;
    const depth = nullDepthDb === null ? 'The stems add up to the song exactly.' : `The stems add up to the song to ${nullDepthDb.toFixed(1).replace('-', '−')} dBFS.`;
    return (
      <>
        <span className={styles.ok}>
          <Icon name="done" />
        </span>
        <span className={styles.jobText}>
          <b>Finished in {formatDuration(seconds)}</b> {realtimeFactor.toFixed(1)} times real time. {depth}
        </span>
        <Button onPress={() => { revealProject(finished.id); }}>Open folder</Button>
      </>
    );
  }
  if (shown === null || item === undefined) return <span className={styles.jobText} />;
  if (item.state !== 'running') return <Waiting item={item} />;
  const fraction = progress?.fraction ?? 0;
  const eta = progress?.etaSeconds;
  const left = eta === null || eta === undefined ? '' : `${formatDuration(eta)} left`;
  const words = progress === null ? 'Starting' : phaseWords[progress.phase];
  return (
    <>
      <div className={styles.jobProgress}>
        <span>
          <b>{words}</b> <span className={styles.jobPercent}>{Math.floor(fraction * 100)} %</span>
        </span>
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
