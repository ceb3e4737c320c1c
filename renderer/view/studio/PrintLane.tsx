import type { JSX } from 'react';
import { Button } from '../parts/controls.tsx';
import { Menu } from '../parts/Menu.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './studio.module.css';

/** What can be done with a print, in its lane's head; nothing for other lanes. */
export function PrintMenu({ name }: { name: string }): JSX.Element | null {
  const { isPrint, printAgain, removePrint } = useStudio((state) => ({
    ...{ isPrint: state.song?.lanes.find((lane) => lane.name === name)?.isPrint === true, printAgain: state.printAgain, removePrint: state.removePrint },
  }));
  if (!isPrint) return null;
  return (
    <Menu
      label={`What to do with ${name}`}
      choices={[
        { label: 'Print again', run: () => { printAgain(name); } },
        { label: 'Remove the print', run: () => { removePrint(name); } },
      ]}
    />
  );
}

/** Over a print that was made before a part of its stems was done anew. */
export function StalePrint({ name }: { name: string }): JSX.Element | null {
  const { isStale, isPrinting, printAgain } = useStudio((state) => ({
    isStale: state.finished?.stalePrints.includes(name) === true,
    isPrinting: state.tasks.some(({ kind, subject, state: at }) => kind === 'print' && subject === name && at === 'running'),
    printAgain: state.printAgain,
  }));
  if (!isStale) return null;
  return (
    <div className={styles.stale}>
      <span>Out of date: a part of it was redone since.</span>
      <Button isDisabled={isPrinting} onPress={() => { printAgain(name); }}>{isPrinting ? 'Printing' : 'Print again'}</Button>
    </div>
  );
}
