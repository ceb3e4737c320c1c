import type { JSX } from 'react';
import { useChooser } from '../app/use-chooser.ts';
import { Icon } from '../parts/Icon.tsx';
import { Bar, Button } from '../parts/controls.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './welcome.module.css';

/** What to do first, and what the model in the box is. */
export function Welcome({ isOver }: { isOver: boolean }): JSX.Element {
  const { isConnected, addDemo, setDialog, offer } = useStudio((state) => ({
    ...{ isConnected: state.isConnected, addDemo: state.addDemo, setDialog: state.setDialog, offer: state.settings.modelOffer },
  }));
  const choose = useChooser();
  return (
    <div className={styles.welcome}>
      <section className={styles.target} data-over={isOver || undefined} aria-labelledby="drop-title">
        <h1 id="drop-title" className={styles.title}>Drop songs or folders anywhere</h1>
        <p>WAV, FLAC, MP3, M4A, Ogg, video and whatever else ffmpeg reads. Nothing leaves this machine.</p>
        <div className={styles.actions}>
          <Button look="primary" isBig onPress={choose} isDisabled={!isConnected}>
            Choose files <kbd>Ctrl O</kbd>
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
      {offer !== 'declined' && <Offer />}
    </div>
  );
}

/** Better models, offered and never pushed; the answer is remembered. */
function Offer(): JSX.Element | null {
  const { offered, tasks, downloadModel, cancelTask, setSettings } = useStudio((state) => ({
    ...{ offered: state.offered, tasks: state.tasks, downloadModel: state.downloadModel, cancelTask: state.cancelTask, setSettings: state.setSettings },
  }));
  const missing = offered.filter(({ installed }) => !installed);
  if (missing.length === 0) return null;
  return (
    <section className={styles.offer} aria-labelledby="offer-title">
      <h2 id="offer-title" className={styles.cardTitle}>The model in the box is a preview</h2>
      <p>It is small, and was trained on synthetic songs only. For real work add official Demucs weights: one download, then everything works offline.</p>
      <ul className={styles.models}>
        {missing.map(({ id, description, licence }) => {
          const task = tasks.find((each) => each.kind === 'download' && each.subject === id && each.state === 'running');
          return (
            <li key={id}>
              <div>
                <b>{id}</b>
                <p>
                  {description}. <span className={styles.licence}>Licence: {licence}.</span>
                </p>
                {task !== undefined && <Bar label={`Downloading ${id}`} fraction={task.fraction ?? 0} text={task.detail} />}
              </div>
              {task === undefined ? (
                <Button aria-label={`Download ${id}`} onPress={() => { downloadModel(id); }}>
                  <Icon name="download" />
                  Download
                </Button>
              ) : (
                <Button aria-label={`Cancel the download of ${id}`} onPress={() => { cancelTask(task.id); }}>Cancel</Button>
              )}
            </li>
          );
        })}
      </ul>
      <Button look="quiet" onPress={() => { setSettings({ modelOffer: 'declined' }); }}>Keep the house model, don’t ask again</Button>
    </section>
  );
}
