import type { JSX, KeyboardEvent, ReactNode } from 'react';
import { Button as AriaButton, GridList, GridListItem, useDragAndDrop } from 'react-aria-components';
import { explain } from '../../store/faults.ts';
import { arriving } from '../../store/queue.ts';
import type { ItemState, QueueItem } from '../../store/types.ts';
import { formatDuration, formatLength } from '../../units/time.ts';
import { Icon, type IconName } from '../parts/Icon.tsx';
import { Bar, Button, IconButton } from '../parts/controls.tsx';
import { Details } from '../parts/fields.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './rail.module.css';
import { costLine, mediaLine, phaseWords, planLine, planWarnings, segmentLine } from './words.ts';

export function QueueList(): JSX.Element {
  const { items, removing, isArriving, shown, showItem, showPage, moveItem } = useStudio((state) => ({
    ...{ items: state.items, removing: state.removing, isArriving: arriving(state).length > 0, shown: state.shown, showPage: state.showPage, showItem: state.showItem, moveItem: state.moveItem },
  }));
  // Finished songs are in the library.
  const listed = items.filter(({ id, state }) => state !== 'done' && !removing.includes(id));
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': String(key) })),
    onReorder: ({ keys, target }) => {
      const place = listed.findIndex(({ id }) => id === target.key) + (target.dropPosition === 'after' ? 1 : 0);
      for (const key of keys) moveItem(String(key), listed[place]?.id ?? null);
    },
  });
  return (
    <div onKeyDownCapture={(event) => { moveByKeys(event, listed, moveItem); }}>
      <GridList
        aria-label="Queue"
        items={listed}
        selectionMode="single"
        selectionBehavior="replace"
        selectedKeys={shown?.kind === 'item' ? [shown.id] : []}
        onSelectionChange={(keys) => {
          const [id] = keys === 'all' ? [] : keys;
          if (id === undefined) return;
          showPage('studio');
          if (id !== shown?.id) showItem(String(id));
        }}
        dragAndDropHooks={dragAndDropHooks}
        dependencies={[items]}
        renderEmptyState={() => isArriving ? null : <p className={styles.note}>Songs wait here and are separated one after another. The queue survives a restart.</p>}
        className={`${styles.list ?? ''} ${listed.length === 0 && isArriving ? '' : (styles.queue ?? '')}`}
      >
        {(item) => (
          <GridListItem textValue={item.title} className={styles.item ?? ''}>
            <Row item={item} />
          </GridListItem>
        )}
      </GridList>
    </div>
  );
}

/** Alt with the arrows moves a song, as dragging does. */
function moveByKeys(event: KeyboardEvent, listed: readonly QueueItem[], moveItem: (id: string, before: string | null) => void): void {
  const row = event.target instanceof Element && event.altKey ? event.target.closest('[role="row"]') : null;
  const at = listed.findIndex(({ id }) => id === row?.getAttribute('data-key'));
  const id = listed[at]?.id;
  if (id === undefined || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === 'ArrowUp' && at > 0) moveItem(id, listed[at - 1]?.id ?? null);
  if (event.key === 'ArrowDown' && at < listed.length - 1) moveItem(id, listed[at + 2]?.id ?? null);
}

const marks: Readonly<Partial<Record<ItemState, IconName>>> = { failed: 'bad', cancelled: 'minus', interrupted: 'minus' };

function Row({ item }: { item: QueueItem }): JSX.Element {
  const { plan, percent, removeItem } = useStudio(({ plans, progress, removeItem: remove }) => ({
    plan: plans[item.id],
    percent: progress?.id === item.id ? `${Math.floor(progress.progress.fraction * 100)} %` : '',
    removeItem: remove,
  }));
  const mark = plan?.ok === false && item.state === 'waiting' ? 'bad' : marks[item.state];
  const length = plan?.ok === true && plan.plan.media.seconds !== null ? formatLength(plan.plan.media.seconds) : '';
  const isRunning = item.state === 'running';
  return (
    <>
      <div className={styles.first}>
        {mark !== undefined && (
          <span className={mark === 'bad' ? styles.failed : styles[item.state]}>
            <Icon name={mark} />
          </span>
        )}
        <span className={styles.title} dir="auto" title={item.path}>{item.title}</span>
        <span className={styles.figure}>{isRunning ? percent : length}</span>
      </div>
      <Detail item={item} />
      <div className={styles.tools}>
        <AriaButton slot="drag" aria-label={`Move ${item.title}`} className={styles.grip ?? ''}>
          <Icon name="grip" />
        </AriaButton>
        {!isRunning && <IconButton icon="close" label={`Remove ${item.title}`} onPress={() => { removeItem(item.id); }} />}
      </div>
    </>
  );
}

function Detail({ item }: { item: QueueItem }): JSX.Element {
  switch (item.state) {
    case 'running':
      return <Running item={item} />;
    case 'waiting':
      return <Waiting item={item} />;
    case 'failed':
    case 'cancelled':
    case 'interrupted':
    case 'done':
      return <Over item={item} />;
  }
}

function Running({ item: { id, title, options } }: { item: QueueItem }): JSX.Element {
  const { plan, progress, cancelItem } = useStudio((state) => ({
    plan: state.plans[id],
    progress: state.progress?.id === id ? state.progress.progress : null,
    cancelItem: state.cancelItem,
  }));
  const words = progress === null ? 'Starting' : phaseWords[progress.phase];
  const segment = progress?.phase === 'separate' ? segmentLine(plan, options, progress.fraction) : '';
  const eta = progress?.etaSeconds ?? null;
  const left = eta === null ? '' : `${formatDuration(eta)} left`;
  const text = [segment === '' ? words : segment.replace(/^s/, 'S'), left].filter((part) => part !== '');
  return (
    <>
      <Bar label={title} fraction={progress?.fraction ?? 0} text={text.join(', ')} />
      <div className={styles.running}>
        <div>
          {text.map((line) => (
            <div key={line} className={styles.second}>{line}</div>
          ))}
        </div>
        <Button look="quiet" aria-label={`Cancel ${title}`} onPress={() => { cancelItem(id); }}>Cancel</Button>
      </div>
    </>
  );
}

function Waiting({ item: { id, path, options } }: { item: QueueItem }): JSX.Element {
  const { plan, memory } = useStudio((state) => ({ plan: state.plans[id], memory: state.info?.memoryBytes ?? null }));
  if (plan?.ok === false) return <Fault {...explain(plan.fault, path)} />;
  return (
    <>
      <div className={styles.second}>{mediaLine(plan) || 'Looking at the file'}</div>
      <div className={styles.second}>{planLine(options, plan)}</div>
      <div className={styles.second}>{costLine(plan) || '\u00a0'}</div>
      {planWarnings(plan, memory).map((warning) => (
        <div key={warning} className={styles.warning}>{warning}</div>
      ))}
    </>
  );
}

function Fault({ text, hint, details }: { text: string; hint: string; details: string }): JSX.Element {
  return (
    <>
      <div className={styles.second}>{text}</div>
      {hint !== '' && <div className={styles.second}>{hint}</div>}
      {details !== '' && (
        <Details>
          <p className={styles.details}>{details}</p>
        </Details>
      )}
    </>
  );
}

function Over({ item: { id, title, path, state, fault } }: { item: QueueItem }): JSX.Element {
  const retryItem = useStudio((each) => each.retryItem);
  const ended = state === 'interrupted' ? 'The studio ended while this ran. No stem is half written.' : 'Cancelled. No stem is half written.';
  return (
    <>
      {fault === null || state === 'interrupted' ? <div className={styles.second}>{ended}</div> : <Fault {...explain(fault, path)} />}
      <Actions>
        <Button aria-label={`Retry ${title}`} onPress={() => { retryItem(id); }}>Retry</Button>
      </Actions>
    </>
  );
}

function Actions({ children }: { children: ReactNode }): JSX.Element {
  return <div className={styles.actions}>{children}</div>;
}
