import type { JSX } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { arriving } from '../../store/queue.ts';
import { formatDuration } from '../../units/time.ts';
import { useChooser } from '../app/use-chooser.ts';
import { LibraryList } from '../library/LibraryList.tsx';
import { LibrarySearch } from '../library/LibrarySearch.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Bar, Button, IconButton } from '../parts/controls.tsx';
import { Menu } from '../parts/Menu.tsx';
import { useStudio } from '../studio-context.ts';
import { QueueList } from './QueueList.tsx';
import styles from './rail.module.css';
import { secondsLeft } from './words.ts';

export function Rail(): JSX.Element {
  const { isOpen, isNarrow } = useStudio((state) => ({ isOpen: state.isRailOpen, isNarrow: state.isNarrow }));
  if (isOpen && !isNarrow) return <OpenRail />;
  return (
    <>
      <FoldedRail />
      {isOpen && <OpenRail />}
    </>
  );
}

function useQueueFigures(): { count: number; over: number; percent: number | null; left: number | null } {
  return useStudio((state) => {
    const { items, removing, progress, plans } = state;
    const open = items.filter(({ id, state }) => (state === 'waiting' || state === 'running') && !removing.includes(id));
    const over = items.filter(({ id, state }) => (state === 'failed' || state === 'interrupted') && !removing.includes(id)).length;
    return { count: open.length + arriving(state).length, over, percent: progress === null ? null : Math.floor(progress.progress.fraction * 100), left: secondsLeft(open, plans, progress) };
  });
}

/** How far the running song is and how many there are, where the rail has no room or none is wanted. */
function FoldedRail(): JSX.Element {
  const toggleRail = useStudio((state) => state.toggleRail);
  const { count, percent } = useQueueFigures();
  const songs = `${count} ${count === 1 ? 'song' : 'songs'} in the queue`;
  return (
    <div className={styles.folded}>
      <AriaButton aria-label={`Show queue and library: ${songs}${percent === null ? '' : `, ${percent} percent`}`} onPress={toggleRail} className={styles.unfold ?? ''}>
        <Icon name="right" />
        <span>{percent === null ? '–' : `${percent} %`}</span>
        <span className={styles.foldedBar}>
          <i style={{ transform: `scaleY(${(percent ?? 0) / 100})` }} />
        </span>
        <span>{count}</span>
      </AriaButton>
    </div>
  );
}

function OpenRail(): JSX.Element {
  const { isActive, setActive } = useStudio((state) => ({ isActive: state.isActive, setActive: state.setActive }));
  const { count, over, left } = useQueueFigures();
  const end = count === 0 ? (over === 0 ? 'empty' : `${over} ${over === 1 ? 'needs' : 'need'} you`) : `${count} ${count === 1 ? 'song' : 'songs'}${left === null ? '' : `, ${formatDuration(left)}`}`;
  return (
    <aside className={styles.rail} aria-label="Queue and library">
      <LibrarySearch />
      <h2 className={styles.section}>
        Queue
        <span className={styles.end}>{end}</span>
        {count > 0 && <IconButton icon={isActive ? 'pause' : 'play'} label={isActive ? 'Begin nothing new' : 'Start the queue'} onPress={() => { setActive(!isActive); }} />}
      </h2>
      <div className={styles.lists}>
        <Uploads />
        <QueueList />
        <LibraryList />
      </div>
      <AddRow />
    </aside>
  );
}

function AddRow(): JSX.Element {
  const { setDialog, isConnected } = useStudio((state) => ({ setDialog: state.setDialog, isConnected: state.isConnected }));
  const choose = useChooser();
  return (
    <div className={styles.foot}>
      <Button onPress={choose.files} isDisabled={!isConnected}>
        <Icon name="add" />
        Add files
      </Button>
      <Menu
        label="Other ways to add songs"
        choices={[
          { label: 'Add a folder…', run: choose.folder, isDisabled: !isConnected },
          { label: 'Paste a path…', run: () => { setDialog('path'); }, isDisabled: !isConnected },
        ]}
      />
    </div>
  );
}

function Uploads(): JSX.Element | null {
  const { uploads, items, cancelUpload } = useStudio((state) => ({ uploads: state.uploads, items: state.items, cancelUpload: state.cancelUpload }));
  const shown = arriving({ uploads, items });
  if (shown.length === 0) return null;
  return (
    <ul aria-label="Files being added" className={styles.list}>
      {shown.map(({ id, name, fraction }) => (
        <li key={id} className={styles.item}>
          <div className={styles.first}>
            <span className={styles.title} dir="auto">{name}</span>
            <IconButton icon="close" label={`Stop adding ${name}`} onPress={() => { cancelUpload(id); }} />
          </div>
          <Bar label={`Adding ${name}`} fraction={fraction} text={`${Math.floor(fraction * 100)} percent`} />
          <div className={styles.second}>{fraction > 0 ? `Copying, ${Math.floor(fraction * 100)} %` : 'Waits to be copied'}</div>
        </li>
      ))}
    </ul>
  );
}
