import type { JSX } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { BenchmarkList } from '../../store/types.ts';
import { formatDay } from '../../units/dates.ts';
import { formatDuration } from '../../units/time.ts';
import { Icon } from '../parts/Icon.tsx';
import { Bar, Button, Check, IconButton, Picker } from '../parts/controls.tsx';
import { Menu } from '../parts/Menu.tsx';
import rail from '../rail/rail.module.css';
import { useStudio } from '../studio-context.ts';
import styles from './bench.module.css';

/** What can be measured; stands where the queue stands elsewhere. */
export function Groups(): JSX.Element {
  const { isOpen, isNarrow } = useStudio((state) => ({ isOpen: state.isRailOpen, isNarrow: state.isNarrow }));
  if (isOpen && !isNarrow) return <OpenGroups />;
  return (
    <>
      <FoldedGroups />
      {isOpen && <OpenGroups />}
    </>
  );
}

function FoldedGroups(): JSX.Element {
  const { progress, toggleRail } = useStudio((state) => ({ progress: state.benchmarks?.progress ?? null, toggleRail: state.toggleRail }));
  const percent = progress?.state === 'running' ? Math.floor((100 * progress.done) / progress.names.length) : null;
  return (
    <div className={rail.folded}>
      <AriaButton aria-label={`Show groups${percent === null ? '' : `: ${percent} percent`}`} onPress={toggleRail} className={rail.unfold ?? ''}>
        <Icon name="right" />
        <span>{percent === null ? '–' : `${percent} %`}</span>
      </AriaButton>
    </div>
  );
}

function OpenGroups(): JSX.Element {
  const { groups, omitted, progress, isConnected, runChosen, stopBenchmarks } = useStudio((state) => ({
    ...{ groups: state.benchmarkGroups, omitted: state.omittedGroups, progress: state.benchmarks?.progress ?? null, isConnected: state.isConnected },
    ...{ runChosen: state.runChosen, stopBenchmarks: state.stopBenchmarks },
  }));
  const isRunning = progress?.state === 'running';
  const chosen = groups.filter(({ id }) => !omitted.includes(id)).length;
  return (
    <aside className={rail.rail} aria-label="Groups">
      <h2 className={rail.section}>
        Groups
        <span className={rail.end}>{groups.length === 0 ? '–' : `${chosen} of ${groups.length} chosen`}</span>
      </h2>
      <div className={rail.lists}>
        <ul className={styles.groups}>
          {groups.map((group) => (
            <Group key={group.id} group={group} />
          ))}
        </ul>
        <Compare />
      </div>
      <div className={rail.foot}>
        <Button {...(isRunning ? {} : { look: 'primary' as const })} isDisabled={isRunning || chosen === 0 || !isConnected} onPress={runChosen}>Run chosen</Button>
        <Button {...(isRunning ? { look: 'primary' as const } : {})} isDisabled={!isRunning} onPress={stopBenchmarks}>Stop</Button>
      </div>
    </aside>
  );
}

function Group({ group: { id, title, meaning, benchmarks } }: { group: BenchmarkList['groups'][number] }): JSX.Element {
  const { isOmitted, progress, chooseGroup, runBenchmarks } = useStudio((state) => ({
    ...{ isOmitted: state.omittedGroups.includes(id), progress: state.benchmarks?.progress ?? null },
    ...{ chooseGroup: state.chooseGroup, runBenchmarks: state.runBenchmarks },
  }));
  const names = benchmarks.map(({ name }) => name);
  const own = progress?.state === 'running' ? progress.names.filter((name) => names.includes(name)) : [];
  const done = progress === null ? 0 : own.filter((name) => progress.names.indexOf(name) < progress.done).length;
  const isCurrent = progress?.state === 'running' && progress.current !== null && names.includes(progress.current);
  const seconds = benchmarks.map((benchmark) => benchmark.seconds);
  const last = seconds.includes(null) ? '' : formatDuration(seconds.reduce<number>((sum, each) => sum + (each ?? 0), 0));
  const state = isCurrent ? `${done} of ${own.length}` : own.length > 0 ? (done === own.length ? 'done' : 'waiting') : last;
  return (
    <li className={styles.group} data-current={isCurrent || undefined} title={meaning}>
      <div className={styles.groupHead}>
        <Check isOn={!isOmitted} onChange={(isOn) => { chooseGroup(id, isOn); }}>{title}</Check>
        <span className={styles.groupState}>{state}</span>
        <IconButton icon="play" label={`Run ${title}`} isDisabled={progress?.state === 'running'} onPress={() => { runBenchmarks(names); }} />
      </div>
      {isCurrent && <Bar label={`Measuring ${title}`} fraction={own.length === 0 ? 0 : done / own.length} text={`${done} of ${own.length}`} />}
    </li>
  );
}

/** Which saved run results are held against. */
function Compare(): JSX.Element {
  const { saved, removing, compared, compareBenchmarks, removeBenchmarks } = useStudio((state) => ({
    ...{ saved: state.savedBenchmarks, removing: state.removingBenchmarks, compared: state.compared },
    ...{ compareBenchmarks: state.compareBenchmarks, removeBenchmarks: state.removeBenchmarks },
  }));
  const shown = saved.filter(({ id }) => !removing.includes(id));
  const choices = [{ id: 'none', label: 'Nothing' }, ...shown.map(({ id, name, date, isComparable }) => ({ id, label: `${name}, ${formatDay(date)}${isComparable ? '' : ', another machine or setting'}` }))];
  const chosen = shown.find(({ id }) => id === compared?.id);
  return (
    <div className={styles.compare}>
      <span className={styles.label}>Compare with</span>
      <div className={styles.compareRow}>
        <Picker label="Compare with" choices={choices} value={chosen?.id ?? 'none'} onChange={(id) => { compareBenchmarks(id === 'none' ? null : id); }} />
        {chosen !== undefined && <Menu label={`What to do with ${chosen.name}`} choices={[{ label: 'Remove', run: () => { removeBenchmarks(chosen.id); } }]} />}
      </div>
      <p className={styles.cost}>{chosen === undefined ? (shown.length === 0 ? 'Saved runs of this machine can be chosen here.' : `${shown.length} saved ${shown.length === 1 ? 'run' : 'runs'}.`) : `${chosen.figures} figures of ${chosen.machine.isa}, ${chosen.machine.threads} ${chosen.machine.threads === 1 ? 'thread' : 'threads'}.${chosen.isComparable ? '' : ' Not of this machine as it is now.'}`}</p>
    </div>
  );
}
