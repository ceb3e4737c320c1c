import type { JSX } from 'react';
import { Button } from '../parts/controls.tsx';
import { Menu } from '../parts/Menu.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './studio.module.css';

/** Over the lane of a print: what it is, whether a part of its stems was done anew since, and what can be done with it. */
export function PrintNote({ name }: { name: string }): JSX.Element | null {
  const { isPrint, isStale, isPrinting, printAgain, removePrint } = useStudio((state) => ({
    isPrint: state.song?.lanes.find((lane) => lane.name === name)?.isPrint === true,
    isStale: state.finished?.stalePrints.includes(name) === true,
    isPrinting: state.tasks.some(({ kind, subject, state: at }) => kind === 'print' && subject === name && at === 'running'),
    ...{ printAgain: state.printAgain, removePrint: state.removePrint },
  }));
  if (!isPrint) return null;
  const again = (): void => {
    printAgain(name);
  };
  return (
    <div className={styles.printNote} data-stale={isStale || undefined}>
      <span>{isStale ? 'Out of date: a part of it was redone since.' : 'Print'}</span>
      {isStale && <Button isDisabled={isPrinting} onPress={again}>{isPrinting ? 'Printing' : 'Print again'}</Button>}
      <Menu
        label={`What to do with ${name}`}
        choices={[
          { label: 'Print again', run: again, isDisabled: isPrinting },
          { label: 'Remove the print', run: () => { removePrint(name); } },
        ]}
      />
    </div>
  );
}
