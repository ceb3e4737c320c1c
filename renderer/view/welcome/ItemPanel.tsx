import type { JSX } from 'react';
import { Icon } from '../parts/Icon.tsx';
import { Button } from '../parts/controls.tsx';
import { explain } from '../../store/faults.ts';
import { Details } from '../parts/fields.tsx';
import { costLine, planLine } from '../rail/words.ts';
import { useStudio } from '../studio-context.ts';
import styles from './item.module.css';

/** In place of the lanes, when there is nothing to draw: a song that has just come, or one that went wrong. */
export function ItemPanel(): JSX.Element | null {
  const { item, plan, retryItem, removeItem } = useStudio((state) => ({
    item: state.items.find(({ id }) => id === state.shown?.id),
    plan: state.shown === null ? undefined : state.plans[state.shown.id],
    ...{ retryItem: state.retryItem, removeItem: state.removeItem },
  }));
  if (item === undefined) return null;
  const { id, path, title, state, fault, options } = item;
  const found = fault ?? (plan?.ok === false ? plan.fault : null);
  const problem = found === null ? null : explain(found, path);
  const headings = { waiting: 'Waits for its turn', running: 'Starting', done: 'Finished', failed: 'Could not be separated', cancelled: 'Cancelled', interrupted: 'Interrupted' };
  const isOver = state !== 'waiting' && state !== 'running';
  return (
    <section className={styles.panel} aria-labelledby="item-title">
      {problem !== null && (
        <span className={styles.bad}>
          <Icon name="bad" />
        </span>
      )}
      <h1 id="item-title" className={styles.title} dir="auto">{title}</h1>
      <p role={problem === null ? undefined : 'alert'}>{problem === null ? headings[state] : problem.text}</p>
      {problem !== null && problem.hint !== '' && <p>{problem.hint}</p>}
      {problem !== null && problem.details !== '' && <Details>{problem.details}</Details>}
      {!isOver && problem === null && (
        <p>
          {planLine(options, plan)}. {costLine(plan)}
        </p>
      )}
      {isOver && state !== 'failed' && <p>No stem is half written.</p>}
      {(isOver || problem !== null) && (
        <div className={styles.actions}>
          {isOver && <Button look="primary" onPress={() => { retryItem(id); }}>Retry</Button>}
          <Button onPress={() => { removeItem(id); }} isDisabled={state === 'running'}>Remove</Button>
        </div>
      )}
    </section>
  );
}
