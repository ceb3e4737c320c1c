import { useState, type JSX } from 'react';
import { Button, Segmented } from '../parts/controls.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './inspector.module.css';
import { NextRun, Totals } from './NextRun.tsx';
import { ThisSong } from './ThisSong.tsx';

/** How the next song is separated and what that costs; of a finished one, how it was. */
export function Inspector(): JSX.Element {
  const { finished, isLoaded } = useStudio((state) => ({ finished: state.finished, isLoaded: state.models.length > 0 }));
  const [tab, setTab] = useState<'this' | 'next'>('this');
  const isThis = finished !== null && tab === 'this';
  return (
    <aside className={styles.side} aria-label="Separation settings">
      <div className={styles.section}>
        <h2>Separation</h2>
        {finished === null ? (
          <span className={styles.end}>for the next song</span>
        ) : (
          <div className={styles.tabs}>
            <Segmented label="Which settings" choices={[{ id: 'this', label: 'This song' }, { id: 'next', label: 'Next run' }]} value={tab} onChange={(id) => { setTab(id === 'this' ? 'this' : 'next'); }} />
          </div>
        )}
      </div>
      <div className={styles.rows}>{isThis ? <ThisSong project={finished} /> : isLoaded && <NextRun />}</div>
      {!isThis && <Totals />}
      <Actions />
    </aside>
  );
}

function Actions(): JSX.Element {
  const { finished, isConnected, separateAgain, setDialog } = useStudio((state) => ({
    ...{ finished: state.finished, isConnected: state.isConnected, separateAgain: state.separateAgain, setDialog: state.setDialog },
  }));
  const why = finished === null ? 'Nothing is finished yet.' : finished.sourcePath === null ? 'The song was uploaded and not kept. Add it again.' : finished.sourceMissing ? 'The song’s own file has moved. Locate it in the library.' : null;
  return (
    <div className={styles.foot}>
      <span title={why ?? 'Queues the song with the settings of the next run'}>
        <Button why={why} isDisabled={!isConnected} onPress={separateAgain}>Separate again</Button>
      </span>
      <span title={finished === null ? 'Nothing is finished yet.' : 'Export  Ctrl E'}>
        <Button {...(finished === null ? {} : { look: 'primary' as const })} isDisabled={finished === null || !isConnected} onPress={() => { setDialog('export'); }}>Export…</Button>
      </span>
    </div>
  );
}
