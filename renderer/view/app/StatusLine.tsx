import type { JSX } from 'react';
import { effectsOf, shownStrip } from '../../store/rack.ts';
import type { StudioState } from '../../store/state.ts';
import { stemLabel } from '../../units/stems.ts';
import { hintsFor } from '../keys/hints.ts';
import { effectNames } from '../live/words.ts';
import { Hidden } from '../parts/controls.tsx';
import { phaseWords } from '../rail/words.ts';
import { useStudio } from '../studio-context.ts';
import styles from './app.module.css';

function selectedEffect(state: StudioState): string | null {
  const kind = effectsOf(state.monitor, shownStrip(state))[state.slot]?.effect.kind;
  return kind === undefined ? null : effectNames[kind];
}

/** Left: what is selected. Right: the keys that work now. */
export function StatusLine(): JSX.Element {
  const { isConnected, selected } = useStudio((state) => ({ isConnected: state.isConnected, selected: state.page === 'live' ? selectedEffect(state) : state.selected === null ? null : stemLabel(state.selected) }));
  const hints = useStudio((state) => hintsFor(state).map((hint) => hint.join('\t')).join('\n'));
  const text = !isConnected ? 'No connection to the studio. Trying again.' : selected === null ? 'Ready' : `${selected} selected`;
  return (
    <footer className={styles.status}>
      <span data-bad={!isConnected || undefined}>{text}</span>
      <span className={styles.hints}>
        {hints.split('\n').map((hint) => hint.split('\t')).map(([keys, label]) => (
          <span key={keys}>
            <kbd>{keys}</kbd> {label}
          </span>
        ))}
      </span>
      <Announcer />
    </footer>
  );
}

/** Says progress to a screen reader, in steps of 10 %. */
function Announcer(): JSX.Element {
  const text = useStudio(({ progress }) => (progress === null ? '' : `${phaseWords[progress.progress.phase]}, ${Math.floor(progress.progress.fraction * 10) * 10} percent`));
  return (
    <span role="status">
      <Hidden>{text}</Hidden>
    </span>
  );
}
