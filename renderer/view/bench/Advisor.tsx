import type { JSX } from 'react';
import type { BenchmarkAdvice } from '../../store/types.ts';
import inspector from '../inspector/inspector.module.css';
import { Meters } from '../meters/Meters.tsx';
import { Button, Hidden } from '../parts/controls.tsx';
import { Icon, type IconName } from '../parts/Icon.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './bench.module.css';

type Item = BenchmarkAdvice['items'][number];

const signs: Readonly<Record<Item['state'], { icon: IconName; words: string }>> = {
  good: { icon: 'done', words: 'good' },
  todo: { icon: 'warn', words: 'to do' },
  none: { icon: 'minus', words: 'does not apply' },
  unknown: { icon: 'more', words: 'not known' },
};

/** What is in order on this machine, what is to be done, and what the figures mean. */
export function Advisor(): JSX.Element {
  const { advice, isRunning, hasResults, runBenchmarks, setDialog } = useStudio((state) => ({
    ...{ advice: state.advice, isRunning: state.benchmarks?.progress?.state === 'running', hasResults: (state.benchmarks?.results.length ?? 0) > 0 },
    ...{ runBenchmarks: state.runBenchmarks, setDialog: state.setDialog },
  }));
  const items = advice?.items ?? [];
  const good = items.filter(({ state }) => state === 'good').length;
  const applying = items.filter(({ state }) => state !== 'none').length;
  const unknown = advice?.unknown ?? [];
  return (
    <aside className={inspector.side} aria-label="Advisor">
      <h2 className={inspector.section}>
        Advisor
        <span className={inspector.end}>{advice === null ? '–' : `${good} of ${applying} good`}</span>
      </h2>
      <div className={inspector.rows}>
        <ul className={styles.advice}>
          {items.map(({ id, state, title, detail }) => (
            <li key={id} data-state={state}>
              <Icon name={signs[state].icon} />
              <div>
                <span className={styles.adviceTitle}>{title}</span>
                <p>{detail}</p>
              </div>
              <Hidden>{signs[state].words}</Hidden>
            </li>
          ))}
        </ul>
        {unknown.length > 0 && (
          <div className={styles.check}>
            <Button isDisabled={isRunning} onPress={() => { runBenchmarks(unknown); }}>Check now</Button>
            <span>{`Measures ${unknown.length} ${unknown.length === 1 ? 'thing' : 'things'}, some seconds each.`}</span>
          </div>
        )}
        <Choices choices={advice?.choices ?? []} />
        <Meters />
      </div>
      <div className={styles.foot}>
        <Button isDisabled={!hasResults || isRunning} onPress={() => { setDialog('saveBenchmarks'); }}>Save this run…</Button>
      </div>
    </aside>
  );
}

function Choices({ choices }: { choices: BenchmarkAdvice['choices'] }): JSX.Element | null {
  if (choices.length === 0) return null;
  return (
    <section aria-labelledby="choices-title" className={styles.choices}>
      <h2 id="choices-title" className={styles.strong}>What this means for you</h2>
      <dl>
        {choices.map(({ label, value, reason }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              {value}
              <p>{reason}</p>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
