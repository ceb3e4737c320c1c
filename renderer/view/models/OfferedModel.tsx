import type { JSX } from 'react';
import { explain } from '../../store/faults.ts';
import type { OfferedModel as Offered } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';
import { Bar, Button } from '../parts/controls.tsx';
import { Note } from '../parts/fields.tsx';
import { Icon } from '../parts/Icon.tsx';
import { useStudio } from '../studio-context.ts';
import { ModelFacts } from './ModelFacts.tsx';
import styles from './models.module.css';
import { publishedTable } from './quality.ts';
import { QualityTable } from './QualityTable.tsx';

export function OfferedModel({ model, isOnline }: { model: Offered; isOnline: boolean }): JSX.Element {
  const { id, description, quality } = model;
  return (
    <li className={styles.model}>
      <div className={styles.about}>
        <h3 className={styles.name}>{id}</h3>
        <p>{description}.</p>
        <ModelFacts model={model} />
        <Download model={model} isOnline={isOnline} />
      </div>
      <div className={styles.measured}>{quality !== null && <QualityTable table={publishedTable(quality)} />}</div>
    </li>
  );
}

/** Begins, follows, stops and takes up again the download of a model. */
export function Download({ model: { id, bytes }, isOnline }: { model: Pick<Offered, 'id' | 'bytes'>; isOnline: boolean }): JSX.Element {
  const { task, downloadModel, cancelTask } = useStudio((state) => ({
    task: state.tasks.findLast(({ kind, subject }) => kind === 'download' && subject === id),
    ...{ downloadModel: state.downloadModel, cancelTask: state.cancelTask },
  }));
  if (task?.state === 'running') {
    const text = task.fraction === null ? 'Connecting' : `${Math.floor(task.fraction * 100)} %`;
    return (
      <div className={styles.download}>
        <span className={styles.stage}>
          {text} <span className={styles.quiet}>{task.detail}</span>
        </span>
        <Bar label={`Downloading ${id}`} fraction={task.fraction ?? 0} text={text} />
        <Button aria-label={`Cancel the download of ${id}`} onPress={() => { cancelTask(task.id); }}>Cancel</Button>
      </div>
    );
  }
  const isBegun = task?.state === 'cancelled' || task?.state === 'failed';
  const size = bytes === null ? '' : `, ${formatBytes(bytes)}`;
  return (
    <>
      {task?.state === 'failed' && task.fault !== null && <Note tone="bad">{explain(task.fault).text}</Note>}
      <div className={styles.actions}>
        <Button aria-label={`${isBegun ? 'Go on with the download of' : 'Download'} ${id}${size}`} isDisabled={!isOnline} onPress={() => { downloadModel(id); }}>
          <Icon name="download" />
          {isBegun ? 'Go on with the download' : `Download ${id}${size}`}
        </Button>
        {isBegun && <span className={styles.quiet}>What has come is kept.</span>}
      </div>
    </>
  );
}
