import type { JSX } from 'react';
import { formatLength } from '../../units/time.ts';
import { stemColour } from '../../units/stems.ts';
import { Icon } from '../parts/Icon.tsx';
import { Bar, Button, IconButton } from '../parts/controls.tsx';
import { useChooser } from '../app/use-chooser.ts';
import { useStudio } from '../studio-context.ts';
import { QueueList } from './QueueList.tsx';
import styles from './rail.module.css';

export function Rail(): JSX.Element {
  const { count, isActive, setActive, setDialog } = useStudio((state) => ({
    count: state.items.filter(({ state: at }) => at === 'waiting' || at === 'running').length + state.uploads.length,
    ...{ isActive: state.isActive, setActive: state.setActive, setDialog: state.setDialog },
  }));
  const choose = useChooser();
  return (
    <aside className={styles.rail} aria-label="Queue and library">
      <h2 className={styles.section}>
        Queue
        <span className={styles.end}>{count === 0 ? 'empty' : `${count} ${count === 1 ? 'song' : 'songs'}`}</span>
        {count > 0 && <IconButton icon={isActive ? 'pause' : 'play'} label={isActive ? 'Begin nothing new' : 'Start the queue'} onPress={() => { setActive(!isActive); }} />}
      </h2>
      <div className={styles.lists}>
        <Uploads />
        <QueueList />
        <Library />
      </div>
      <div className={styles.foot}>
        <Button onPress={choose}>
          <Icon name="add" />
          Add files
        </Button>
        <Button look="quiet" onPress={() => { setDialog('path'); }}>
          Paste path
        </Button>
      </div>
    </aside>
  );
}

function Uploads(): JSX.Element | null {
  const { uploads, cancelUpload } = useStudio((state) => ({ uploads: state.uploads, cancelUpload: state.cancelUpload }));
  if (uploads.length === 0) return null;
  return (
    <ul aria-label="Files being added" className={styles.list}>
      {uploads.map(({ id, name, fraction }) => (
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

function Library(): JSX.Element {
  const { library, shown, showProject } = useStudio((state) => ({ library: state.library, shown: state.shown, showProject: state.showProject }));
  const isEmpty = library.projects.length + library.damaged.length === 0;
  return (
    <section aria-label="Library" className={styles.library}>
      <h2 className={styles.section}>
        Library <span className={styles.end}>{isEmpty ? 'empty' : library.projects.length}</span>
      </h2>
      {isEmpty && <p className={styles.note}>Finished songs stay here with their stems and settings.</p>}
      <ul className={styles.list}>
        {library.projects.map(({ id, title, seconds, createdAt, stems }) => (
          <li key={id} className={styles.item} data-selected={shown?.id === id || undefined}>
            <button type="button" className={styles.open} aria-current={shown?.id === id} onClick={() => { void showProject(id); }}>
              <span className={styles.first}>
                <span className={styles.title} dir="auto">{title}</span>
                <span className={styles.figure}>{formatLength(seconds)}</span>
              </span>
              <span className={styles.first}>
                <span className={styles.second}>{new Date(createdAt).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' })}</span>
                <span className={styles.dots} role="img" aria-label={stems.join(', ')}>
                  {stems.map((name) => (
                    <i key={name} style={{ background: `var(${stemColour(name)})` }} />
                  ))}
                </span>
              </span>
            </button>
          </li>
        ))}
        {library.damaged.map(({ folder, message }) => (
          <li key={folder} className={styles.item}>
            <span className={styles.title} dir="auto">{folder}</span>
            <span className={styles.second}>{message}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
