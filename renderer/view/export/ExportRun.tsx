import type { JSX } from 'react';
import { explain } from '../../store/faults.ts';
import type { Task } from '../../store/types.ts';
import { stemLabel } from '../../units/stems.ts';
import { Bar, Button, LinkButton } from '../parts/controls.tsx';
import { Details, Note } from '../parts/fields.tsx';
import { SheetFoot } from '../parts/Sheet.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './export.module.css';

/** How far the newest export of this page is, and what came of it. */
export function ExportRun({ onClose }: { onClose: () => void }): JSX.Element {
  const { task, cancelTask } = useStudio(({ tasks, ownExports, cancelTask: cancel }) => ({ task: tasks.find(({ id }) => id === ownExports.at(-1)), cancelTask: cancel }));
  if (task === undefined || task.state === 'running') {
    const fraction = task?.fraction ?? 0;
    const words = task === undefined || task.detail === '' ? 'Starting' : stemLabel(task.detail);
    return (
      <>
        <div className={styles.run}>
          <b>{words}</b>
          <span>{Math.floor(fraction * 100)} %</span>
        </div>
        <Bar label="Export" fraction={fraction} text={`${Math.floor(fraction * 100)} percent`} />
        <p>The files appear all at once when every one is complete.</p>
        <SheetFoot>
          <Button onPress={() => { if (task !== undefined) cancelTask(task.id); }} isDisabled={task === undefined}>Cancel the export</Button>
          <Button look="primary" autoFocus onPress={onClose}>Go on in the background</Button>
        </SheetFoot>
      </>
    );
  }
  return <Ended task={task} onClose={onClose} />;
}

function Ended({ task, onClose }: { task: Task; onClose: () => void }): JSX.Element {
  const revealTask = useStudio((state) => state.revealTask);
  const fault = task.fault === null ? null : explain(task.fault);
  const { folder, download } = task;
  return (
    <>
      {fault !== null && (
        <Note tone="bad">
          {fault.text} {fault.hint}
          {fault.details !== '' && <Details>{fault.details}</Details>}
        </Note>
      )}
      {task.state === 'cancelled' && <p role="status">Cancelled. No file was written.</p>}
      {task.state === 'done' && <p role="status" className={styles.done}>{folder === null ? 'Done. The download begins by itself.' : `Done. The files are in ${folder}`}</p>}
      <SheetFoot>
        {folder !== null && <Button onPress={() => { revealTask(task.id); }}>Open folder</Button>}
        {download !== null && <LinkButton href={download}>Download again</LinkButton>}
        <Button look="primary" autoFocus onPress={onClose}>Close</Button>
      </SheetFoot>
    </>
  );
}
