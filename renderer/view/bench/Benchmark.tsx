import { useEffect, useEffectEvent, useMemo, useRef, useState, type JSX } from 'react';
import { formatDuration } from '../../units/time.ts';
import { Button, Hidden, Segmented } from '../parts/controls.tsx';
import { Note } from '../parts/fields.tsx';
import { Menu } from '../parts/Menu.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './bench.module.css';
import { csvOf, jsonOf, offer } from './export.ts';
import { ResultChart, type ChartHandle } from './ResultChart.tsx';
import { ResultTable } from './ResultTable.tsx';
import { familyOf, rowGroups, type RowGroup, type Sorting } from './rows.ts';

const looks = [{ id: 'both', label: 'Table and chart' }, { id: 'chart', label: 'Chart' }, { id: 'table', label: 'Table' }];

/** What the engine does on this machine, in figures. */
export function Benchmark(): JSX.Element {
  const { isConnected, isLoaded, groups, results, compared, loadBenchmarks, attempt } = useStudio((state) => ({
    ...{ isConnected: state.isConnected, isLoaded: state.benchmarks !== null, groups: state.benchmarkGroups, results: state.benchmarks?.results, compared: state.compared },
    ...{ loadBenchmarks: state.loadBenchmarks, attempt: state.attempt },
  }));
  const load = useEffectEvent(() => {
    void attempt(loadBenchmarks);
  });
  useEffect(() => {
    if (isConnected) load();
  }, [isConnected]);
  const rows = useMemo(() => rowGroups(groups, results ?? [], compared?.results ?? []), [groups, results, compared]);
  const [look, setLook] = useState('both');
  const [sorting, setSorting] = useState<Sorting>({ key: 'test', isDescending: false });
  const [chosen, setChosen] = useState<string | null>(null);
  const chart = useRef<ChartHandle>(null);
  const all = rows.flatMap((group) => group.rows);
  const row = all.find(({ name }) => name === chosen) ?? all[0];
  const other = compared?.name ?? null;
  return (
    <>
      <div className={styles.bar}>
        <h1 className={styles.title}>Results</h1>
        <Progress />
        <div className={styles.look}>
          <Segmented label="Show" choices={looks} value={look} onChange={setLook} />
        </div>
        <Export groups={rows} compared={other} picture={() => chart.current?.picture() ?? Promise.resolve(null)} />
      </div>
      {!isConnected && <Note tone="bad">No connection to the studio. Trying again.</Note>}
      {row === undefined && rows.length === 0 ? (
        <Empty isLoaded={isLoaded} />
      ) : (
        <>
          {look !== 'chart' && (
            <div className={styles.tableRoom} data-alone={look === 'table' || undefined}>
              <ResultTable groups={rows} compared={other} sorting={sorting} onSort={setSorting} selected={row?.name ?? null} onSelect={setChosen} />
            </div>
          )}
          {look !== 'table' && row !== undefined && <ResultChart rows={familyOf(all, row)} compared={other} ref={chart} />}
        </>
      )}
    </>
  );
}

function Progress(): JSX.Element {
  const progress = useStudio((state) => state.benchmarks?.progress ?? null);
  if (progress === null) return <span className={styles.state} />;
  const { state, done, names, secondsLeft, isSongWaiting, current } = progress;
  const count = `${done} of ${names.length} done`;
  const text = state === 'running' ? `${count}${secondsLeft === null ? '' : `, ${formatDuration(secondsLeft)} left`}` : state === 'cancelled' ? `Stopped, ${count}` : '';
  const tenth = names.length === 0 ? 0 : Math.floor((10 * done) / names.length) * 10;
  return (
    <span className={styles.state} data-run={progress.id}>
      {text}
      {isSongWaiting && <span className={styles.waits}> A song waits until this is over.</span>}
      <span role="status">
        <Hidden>{state === 'running' ? `Measuring, ${tenth} percent` : state === 'done' ? 'Measured' : 'Stopped'}</Hidden>
      </span>
      {state === 'running' && <span className={styles.quiet} title={current ?? undefined}> {current}</span>}
    </span>
  );
}

function Empty({ isLoaded }: { isLoaded: boolean }): JSX.Element {
  const { runChosen, isRunning } = useStudio((state) => ({ runChosen: state.runChosen, isRunning: state.benchmarks?.progress?.state === 'running' }));
  if (!isLoaded || isRunning) return <div className={styles.empty}>{isRunning ? 'The first figures come in a moment.' : ''}</div>;
  return (
    <div className={styles.empty}>
      <h2 className={styles.emptyTitle}>Nothing has been measured on this machine</h2>
      <p>Each benchmark warms up and then runs until its median is certain to 2 %, for 2 seconds at most. Nothing is separated meanwhile.</p>
      <Button look="primary" isBig onPress={runChosen}>Run chosen</Button>
    </div>
  );
}

function Export({ groups, compared, picture }: { groups: readonly RowGroup[]; compared: string | null; picture: () => Promise<Blob | null> }): JSX.Element {
  const { benchmarks, notify } = useStudio((state) => ({ benchmarks: state.benchmarks, notify: state.notify }));
  const isEmpty = benchmarks === null || groups.length === 0;
  const give = (suffix: string, type: string, text: string): void => {
    offer(`stemwright-benchmarks.${suffix}`, new Blob([text], { type }));
  };
  return (
    <Menu
      label="Export results"
      icon="download"
      choices={[
        { label: 'As JSON', isDisabled: isEmpty, run: () => { if (benchmarks !== null) give('json', 'application/json', jsonOf(benchmarks, new Date())); } },
        { label: 'As CSV', isDisabled: isEmpty, run: () => { give('csv', 'text/csv', csvOf(groups, compared)); } },
        {
          label: 'Chart as PNG', isDisabled: isEmpty,
          run: () => {
            void picture().then((blob) => {
              if (blob === null) notify('warn', 'There is no chart to export.', 'Show the chart first.');
              else offer('stemwright-benchmarks.png', blob);
            });
          },
        },
      ]}
    />
  );
}
