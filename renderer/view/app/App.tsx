import { useEffect, type JSX } from 'react';
import { Advisor } from '../bench/Advisor.tsx';
import { Benchmark } from '../bench/Benchmark.tsx';
import { Groups } from '../bench/Groups.tsx';
import { useDownloads } from '../export/use-downloads.ts';
import { Inspector } from '../inspector/Inspector.tsx';
import { useKeys } from '../keys/use-keys.ts';
import { EnginePanel } from '../live/EnginePanel.tsx';
import { Live } from '../live/Live.tsx';
import { FoldedResponses, Responses } from '../live/Responses.tsx';
import { Rail } from '../rail/Rail.tsx';
import { useStudio } from '../studio-context.ts';
import { Studio } from '../studio/Studio.tsx';
import { Models } from '../models/Models.tsx';
import { ItemPanel } from '../welcome/ItemPanel.tsx';
import { Welcome } from '../welcome/Welcome.tsx';
import styles from './app.module.css';
import { Dialogs } from './Dialogs.tsx';
import { Header } from './Header.tsx';
import { Notices } from './Notices.tsx';
import { StatusLine } from './StatusLine.tsx';
import { useNarrow } from './use-narrow.ts';
import { useRegions } from './use-regions.ts';
import { useDrop } from './use-drop.ts';

export function App(): JSX.Element {
  const isInspectorOpen = useStudio((state) => state.isInspectorOpen);
  const isOver = useDrop();
  useKeys();
  useLook();
  useNarrow();
  useRegions();
  useDownloads();
  return (
    <div className={styles.app}>
      <Header />
      <Left />
      <Centre isOver={isOver} />
      {isInspectorOpen && <Right />}
      <StatusLine />
      <Notices />
      <Dialogs />
      {isOver && <div className={styles.dropFrame} />}
    </div>
  );
}

function Left(): JSX.Element | null {
  const { page, isOpen, isNarrow } = useStudio((state) => ({ page: state.page, isOpen: state.isRailOpen, isNarrow: state.isNarrow }));
  if (page === 'benchmark') return <Groups />;
  if (page !== 'live') return <Rail />;
  return (
    <>
      {(isNarrow || !isOpen) && <FoldedResponses />}
      {isOpen && <Responses />}
    </>
  );
}

function Right(): JSX.Element {
  const page = useStudio((state) => state.page);
  return page === 'benchmark' ? <Advisor /> : page === 'live' ? <EnginePanel /> : <Inspector />;
}

function Centre({ isOver }: { isOver: boolean }): JSX.Element {
  const { page, isShown, hasSong } = useStudio((state) => ({ page: state.page, isShown: state.shown !== null, hasSong: state.song !== null }));
  if (page === 'benchmark') {
    return (
      <main className={styles.main} aria-label="Benchmark" tabIndex={-1}>
        <Benchmark />
      </main>
    );
  }
  if (page === 'live') {
    return (
      <main className={styles.main} aria-label="Live" tabIndex={-1}>
        <Live />
      </main>
    );
  }
  if (page === 'models') {
    return (
      <main className={styles.main} aria-label="Models" tabIndex={-1}>
        <Models />
      </main>
    );
  }
  return (
    <main className={styles.main} aria-label="Studio" tabIndex={-1}>
      {hasSong ? <Studio /> : isShown ? <ItemPanel /> : <Welcome isOver={isOver} />}
    </main>
  );
}

/** Puts theme and motion where the tokens look for them. */
function useLook(): void {
  const { theme, motion } = useStudio(({ settings }) => ({ theme: settings.theme, motion: settings.reducedMotion }));
  useEffect(() => {
    const light = matchMedia('(prefers-color-scheme: light)');
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    const apply = (): void => {
      const { dataset } = document.documentElement;
      dataset.theme = theme === 'system' ? (light.matches ? 'light' : 'dark') : theme;
      dataset.motion = motion === 'on' || (motion === 'system' && still.matches) ? 'reduced' : 'full';
    };
    apply();
    light.addEventListener('change', apply);
    still.addEventListener('change', apply);
    return () => {
      light.removeEventListener('change', apply);
      still.removeEventListener('change', apply);
    };
  }, [theme, motion]);
}
