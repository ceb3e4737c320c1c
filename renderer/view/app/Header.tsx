import { useRef, type JSX } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { Page } from '../../store/state.ts';
import { formatLength, formatPosition } from '../../units/time.ts';
import { useFrame, writeText } from '../frame.ts';
import { IconButton, IconToggle } from '../parts/controls.tsx';
import { useStudio, useStudioStore } from '../studio-context.ts';
import styles from './app.module.css';
import { RhythmButtons } from './Rhythm.tsx';
import { SoundStatus } from './SoundStatus.tsx';

const pages: readonly { id: Page; label: string }[] = [
  { id: 'studio', label: 'Studio' },
  { id: 'live', label: 'Live' },
  { id: 'benchmark', label: 'Benchmark' },
  { id: 'models', label: 'Models' },
];

const railNames: Readonly<Partial<Record<Page, string>>> = { benchmark: 'groups', live: 'impulse responses' };
const sideNames: Readonly<Partial<Record<Page, string>>> = { benchmark: 'advisor', live: 'engine and meters' };

export function Header(): JSX.Element {
  const { info, hasSound, isRailOpen, isInspectorOpen, page, toggleRail, toggleInspector, setDialog } = useStudio((state) => ({
    ...{ info: state.info, hasSound: state.monitor !== null, isRailOpen: state.isRailOpen, isInspectorOpen: state.isInspectorOpen, page: state.page },
    ...{ toggleRail: state.toggleRail, toggleInspector: state.toggleInspector, setDialog: state.setDialog },
  }));
  return (
    <header className={styles.header}>
      <div className={styles.left}>
        <IconButton icon="rail" label={`${isRailOpen ? 'Fold' : 'Show'} ${railNames[page] ?? 'queue and library'}`} keys="Ctrl B" onPress={toggleRail} />
        <Pages />
      </div>
      <Transport />
      <div className={styles.right}>
        <SoundStatus />
        {info !== null && !hasSound && (
          <span className={styles.engine} title={info.cpu}>
            {info.engine.isa}, {info.engine.threads} {info.engine.threads === 1 ? 'thread' : 'threads'}
          </span>
        )}
        <IconButton icon="gear" label="Settings" keys="Ctrl ," onPress={() => { setDialog('settings'); }} />
        <IconButton icon="keys" label="All keys" keys="?" onPress={() => { setDialog('help'); }} />
        <IconButton icon="side" label={`${isInspectorOpen ? 'Hide' : 'Show'} ${sideNames[page] ?? 'separation settings'}`} keys="Ctrl I" onPress={toggleInspector} />
      </div>
    </header>
  );
}

function Pages(): JSX.Element {
  const { page, showPage } = useStudio((state) => ({ page: state.page, showPage: state.showPage }));
  return (
    <nav aria-label="Views" className={styles.pages}>
      {pages.map(({ id, label }) => (
        <AriaButton key={id} {...(page === id ? { 'aria-current': 'page' as const } : {})} onPress={() => { showPage(id); }} className={styles.page ?? ''}>
          {label}
        </AriaButton>
      ))}
    </nav>
  );
}

function Transport(): JSX.Element {
  const { isPlaying, isLooping, isPlayable, seconds, togglePlay, toggleLoop, seek } = useStudio((state) => ({
    ...{ isPlaying: state.isPlaying, isLooping: state.isLooping, isPlayable: (state.song?.frames ?? 0) > 0, seconds: state.song?.seconds ?? 0 },
    ...{ togglePlay: state.togglePlay, toggleLoop: state.toggleLoop, seek: state.seek },
  }));
  return (
    <div role="group" aria-label="Transport" className={styles.transport}>
      <IconButton icon="start" label="Return to start" keys="Home" onPress={() => { seek(0); }} isDisabled={!isPlayable} />
      <IconButton icon={isPlaying ? 'pause' : 'play'} label={isPlaying ? 'Pause' : 'Play'} keys="Space" onPress={togglePlay} isDisabled={!isPlayable} />
      <IconToggle icon="loop" label="Loop" keys="L" isOn={isLooping} onChange={toggleLoop} isDisabled={!isPlayable} />
      <Position longest={formatPosition(seconds)} />
      <span className={styles.length}>/ {formatLength(seconds)}</span>
      <RhythmButtons />
    </div>
  );
}

/** @param longest what it makes room for: what stands beside it does not move while time passes */
function Position({ longest }: { longest: string }): JSX.Element {
  const store = useStudioStore();
  const ref = useRef<HTMLSpanElement>(null);
  useFrame(() => {
    writeText(ref.current, formatPosition(store.getState().position()));
  });
  return <span ref={ref} role="timer" aria-label="Position" className={styles.position} style={{ width: `${longest.length}ch` }} />;
}
