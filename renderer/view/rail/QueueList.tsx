import type { JSX } from 'react';
import { Button as AriaButton, GridList, GridListItem, useDragAndDrop } from 'react-aria-components';
import type { ItemState, QueueItem } from '../../store/types.ts';
import { formatDuration, formatLength } from '../../units/time.ts';
import { Icon, type IconName } from '../parts/Icon.tsx';
import { Bar, Button } from '../parts/controls.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './rail.module.css';
import { costLine, phaseWords, planLine, withoutPath } from './words.ts';

/** Finished songs are in the library. */
const isListed = ({ state }: QueueItem): boolean => state !== 'done';

export function QueueList(): JSX.Element {
  const { items, shown, showItem, moveItem } = useStudio((state) => ({
    ...{ items: state.items, shown: state.shown, showItem: state.showItem, moveItem: state.moveItem },
  }));
  const listed = items.filter(isListed);
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': String(key) })),
    onReorder: ({ keys, target }) => {
      const place = listed.findIndex(({ id }) => id === target.key) + (target.dropPosition === 'after' ? 1 : 0);
      for (const key of keys) moveItem(String(key), listed[place]?.id ?? null);
    },
  });
  return (
    <GridList
      aria-label="Queue"
      items={listed}
      selectionMode="single"
      selectionBehavior="replace"
      selectedKeys={shown?.kind === 'item' ? [shown.id] : []}
      onSelectionChange={(keys) => {
        const [id] = keys === 'all' ? [] : keys;
        if (id !== undefined && id !== shown?.id) showItem(String(id));
      }}
      dragAndDropHooks={dragAndDropHooks}
      dependencies={[items]}
      renderEmptyState={() => <p className={styles.note}>Songs wait here and are separated one after another. The queue survives a restart.</p>}
      className={styles.list ?? ''}
    >
      {(item) => (
        <GridListItem textValue={item.title} className={styles.item ?? ''}>
          <Row item={item} />
        </GridListItem>
      )}
    </GridList>
  );
}

const marks: Readonly<Partial<Record<ItemState, IconName>>> = { failed: 'bad', cancelled: 'minus', interrupted: 'minus' };

function Row({ item }: { item: QueueItem }): JSX.Element {
  const { plan, percent } = useStudio(({ plans, progress }) => ({
    plan: plans[item.id],
    percent: progress?.id === item.id ? `${Math.floor(progress.progress.fraction * 100)} %` : '',
  }));
  const mark = marks[item.state];
  const length = plan?.ok === true && plan.plan.media.seconds !== null ? formatLength(plan.plan.media.seconds) : '';
  return (
    <>
      <AriaButton slot="drag" aria-label={`Move ${item.title}`} className={styles.grip ?? ''}>
        <Icon name="grip" />
      </AriaButton>
      <div className={styles.first}>
        {mark !== undefined && (
          <span className={styles[item.state]}>
            <Icon name={mark} />
          </span>
        )}
        <span className={styles.title} dir="auto">{item.title}</span>
        <span className={styles.figure}>{item.state === 'running' ? percent : length}</span>
      </div>
      <Detail item={item} />
    </>
  );
}

function Detail({ item }: { item: QueueItem }): JSX.Element {
  const { plan, progress, cancelItem, retryItem, removeItem } = useStudio((state) => ({
    plan: state.plans[item.id],
    progress: state.progress?.id === item.id ? state.progress.progress : null,
    ...{ cancelItem: state.cancelItem, retryItem: state.retryItem, removeItem: state.removeItem },
  }));
  const { id, title, state } = item;
  if (state === 'running') {
    const words = progress === null ? 'Starting' : phaseWords[progress.phase];
    const eta = progress?.etaSeconds ?? null;
    const text = eta === null ? words : `${words}, ${formatDuration(eta)} left`;
    return (
      <>
        <Bar label={title} fraction={progress?.fraction ?? 0} text={text} />
        <div className={styles.second}>{text}</div>
        <Actions>
          <Button look="quiet" aria-label={`Cancel ${title}`} onPress={() => { cancelItem(id); }}>Cancel</Button>
        </Actions>
      </>
    );
  }
  if (state === 'waiting') {
    return (
      <>
        <div className={styles.second}>{planLine(item.options, plan)}</div>
        <div className={styles.second}>{plan?.ok === false ? withoutPath(plan.fault.message, item.path) : costLine(plan) || 'Looking at the file'}</div>
        <Actions>
          <Button look="quiet" aria-label={`Remove ${title}`} onPress={() => { removeItem(id); }}>Remove</Button>
        </Actions>
      </>
    );
  }
  const happened = { failed: withoutPath(item.fault?.message ?? '', item.path), cancelled: 'Cancelled. No stem is half written.', interrupted: 'The studio ended while this ran. No stem is half written.', done: '' };
  return (
    <>
      <div className={styles.second}>{happened[state]}</div>
      {item.fault !== null && item.fault.hint !== '' && <div className={styles.second}>{item.fault.hint}</div>}
      <Actions>
        <Button aria-label={`Retry ${title}`} onPress={() => { retryItem(id); }}>Retry</Button>
        <Button look="quiet" aria-label={`Remove ${title}`} onPress={() => { removeItem(id); }}>Remove</Button>
      </Actions>
    </>
  );
}

function Actions({ children }: { children: React.ReactNode }): JSX.Element {
  return <div className={styles.actions}>{children}</div>;
}
