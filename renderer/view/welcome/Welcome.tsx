import type { JSX } from 'react';
import { useChooser } from '../app/use-chooser.ts';
import { Download } from '../models/OfferedModel.tsx';
import { comparison } from '../models/quality.ts';
import { QualityTable } from '../models/QualityTable.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Button } from '../parts/controls.tsx';
import { useStudio } from '../studio-context.ts';
import { useOnline } from '../use-online.ts';
import styles from './welcome.module.css';

/** What to do first, and what the model in the box is. */
export function Welcome({ isOver }: { isOver: boolean }): JSX.Element {
  const { isConnected, addDemo, setDialog } = useStudio((state) => ({ isConnected: state.isConnected, addDemo: state.addDemo, setDialog: state.setDialog }));
  const choose = useChooser();
  return (
    <div className={styles.welcome}>
      <section className={styles.target} data-over={isOver || undefined} aria-labelledby="drop-title">
        <h1 id="drop-title" className={styles.title}>Drop songs or folders anywhere</h1>
        <p>WAV, FLAC, MP3, M4A, Ogg, video and whatever else ffmpeg reads. Nothing leaves this machine.</p>
        <div className={styles.actions}>
          <Button look="primary" isBig onPress={choose.files} isDisabled={!isConnected}>
            Choose files <kbd>Ctrl O</kbd>
          </Button>
          <Button isBig onPress={choose.folder} isDisabled={!isConnected}>
            Choose a folder
          </Button>
          <Button isBig onPress={() => { setDialog('path'); }} isDisabled={!isConnected}>
            Paste a path
          </Button>
        </div>
      </section>
      <section className={styles.card} aria-labelledby="demo-title">
        <div>
          <h2 id="demo-title" className={styles.cardTitle}>Or hear the demo song first</h2>
          <p>Our own, made for this: drums, bass, vocals and the rest.</p>
        </div>
        <Button isBig onPress={addDemo} isDisabled={!isConnected}>
          <Icon name="play" />
          Separate the demo
        </Button>
      </section>
      <Offer />
    </div>
  );
}

/** Better models, offered and never pushed; the answer is remembered. */
function Offer(): JSX.Element | null {
  const { models, offered, tasks, answer, setSettings, showPage } = useStudio((state) => ({
    ...{ models: state.models, offered: state.offered, tasks: state.tasks, answer: state.settings.modelOffer },
    ...{ setSettings: state.setSettings, showPage: state.showPage },
  }));
  const isOnline = useOnline();
  const missing = offered.filter(({ installed }) => !installed);
  const isLoading = tasks.some(({ kind, state }) => kind === 'download' && state === 'running');
  const [best] = missing;
  if (best === undefined || (answer !== 'open' && !isLoading)) return null;
  const house = models.find(({ builtIn }) => builtIn);
  const table = house === undefined ? null : comparison(house, best);
  return (
    <section className={styles.offer} aria-labelledby="offer-title">
      <div className={styles.pitch}>
        <h2 id="offer-title" className={styles.cardTitle}>The model in the box is a preview</h2>
        <p>
          It is small, and was trained on synthetic songs only.{' '}
          {isOnline ? 'For real work add official Demucs weights: one download, then everything works offline.' : 'This machine is offline: for real work get the official Demucs weights on another one, and import the files under Models.'}
        </p>
        {missing.map((model) => (
          <Download key={model.id} model={model} isOnline={isOnline} />
        ))}
        <p className={styles.licence}>Licence: {best.licence}. The house model was measured on generated songs, the other on real ones: on yours the gap can be wider.</p>
        <div className={styles.answers}>
          <Button look="quiet" onPress={() => { showPage('models'); }}>More about models</Button>
          <Button look="quiet" onPress={() => { setSettings({ modelOffer: 'declined' }); }}>Keep the house model, don’t ask again</Button>
        </div>
      </div>
      {table !== null && <QualityTable table={table} />}
    </section>
  );
}
