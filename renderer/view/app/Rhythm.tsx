import type { JSX } from 'react';
import { Button as AriaButton, Dialog, DialogTrigger, Popover } from 'react-aria-components';
import { Button, IconToggle, Picker } from '../parts/controls.tsx';
import { Param } from '../live/Param.tsx';
import { linear } from '../live/scales.ts';
import { useStudio } from '../studio-context.ts';
import styles from './app.module.css';

const tempo = linear(50, 150, 100, 1, ['%', 'percent']);
const pitch = linear(-12, 12, 0, 0.1, ['st', 'semitones'], 1);
const tonics = ['C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'A♭', 'A', 'B♭', 'B'] as const;
const keys = tonics.flatMap((tonic, index) => [{ id: `${index} major`, label: `${tonic} major` }, { id: `${index} minor`, label: `${tonic} minor` }]);

/** As it is heard, transposed. */
function keyName(key: { tonic: number; isMinor: boolean } | null, semitones: number): string {
  if (key === null) return '–';
  return `${tonics[(((key.tonic + Math.round(semitones)) % 12) + 12) % 12] ?? ''} ${key.isMinor ? 'minor' : 'major'}`;
}

/** Tempo and key of the song, as heard: how they are changed, and corrected where they were found wrong. */
export function RhythmButtons(): JSX.Element {
  const { isDone, snapsToBeats, hasBeats, toggleSnap } = useStudio((state) => ({
    ...{ isDone: state.finished !== null, snapsToBeats: state.snapsToBeats, hasBeats: (state.rhythm?.beats.length ?? 0) > 1, toggleSnap: state.toggleSnap },
  }));
  return (
    <div className={styles.rhythm}>
      <IconToggle icon="magnet" label="Loops snap to beats" keys="" isOn={snapsToBeats && hasBeats} onChange={toggleSnap} isDisabled={!isDone || !hasBeats} />
      <Tempo />
      <Key />
    </div>
  );
}

function Tempo(): JSX.Element {
  const { isDone, bpm, isFinding, isCorrected, speed, tapped, tapTempo, correctRhythm, setTimePitch } = useStudio((state) => ({
    ...{ isDone: state.finished !== null, bpm: state.rhythm?.tempo?.bpm ?? null, isFinding: state.isFindingRhythm, isCorrected: state.rhythm?.isCorrected ?? false },
    ...{ speed: state.timePitch.speed, tapped: state.tapped, tapTempo: state.tapTempo, correctRhythm: state.correctRhythm, setTimePitch: state.setTimePitch },
  }));
  const shown = bpm === null ? '–' : (bpm * speed).toFixed(1);
  return (
    <DialogTrigger>
      <AriaButton aria-label={`Tempo: ${bpm === null ? (isFinding ? 'being found' : 'not known') : `${shown} BPM`}`} isDisabled={!isDone} className={`${styles.pair ?? ''} ${styles.tempo ?? ''}`}>
        <b>{shown}</b>
        <span>BPM</span>
      </AriaButton>
      <Popover className={styles.sheet ?? ''}>
        <Dialog aria-label="Tempo" className={styles.sheetBody ?? ''}>
          <Param label="Tempo" scale={tempo} value={Math.round(speed * 100)} isCentred onChange={(percent) => { setTimePitch({ speed: percent / 100 }); }} />
          <p>The pitch stays. At 100 % samples are played as they are.</p>
          <div className={styles.sheetRow}>
            <Button onPress={tapTempo}>Tap {tapped > 0 && tapped < 4 ? `(${4 - tapped} more)` : ''}</Button>
            <Button isDisabled={bpm === null} onPress={() => { correctRhythm({ kind: 'halve' }); }}>Halve</Button>
            <Button isDisabled={bpm === null} onPress={() => { correctRhythm({ kind: 'double' }); }}>Double</Button>
            <Button look="quiet" isDisabled={!isCorrected} onPress={() => { correctRhythm({ kind: 'reset' }); }}>As found</Button>
          </div>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function Key(): JSX.Element {
  const { isDone, rhythm, semitones, correctRhythm, setTimePitch } = useStudio((state) => ({
    ...{ isDone: state.finished !== null, rhythm: state.rhythm, semitones: state.timePitch.semitones, correctRhythm: state.correctRhythm, setTimePitch: state.setTimePitch },
  }));
  const key = rhythm?.key ?? null;
  const shown = keyName(key, semitones);
  return (
    <DialogTrigger>
      <AriaButton aria-label={`Key: ${key === null ? 'not known' : shown}`} isDisabled={!isDone} className={`${styles.pair ?? ''} ${styles.key ?? ''}`}>
        <b>{shown}</b>
        <span>{semitones === 0 ? 'key' : `${semitones > 0 ? '+' : '−'}${Math.abs(semitones)} st`}</span>
      </AriaButton>
      <Popover className={styles.sheet ?? ''}>
        <Dialog aria-label="Key" className={styles.sheetBody ?? ''}>
          <Param label="Pitch" scale={pitch} value={semitones} isCentred onChange={(value) => { setTimePitch({ semitones: value }); }} />
          <p>The tempo stays. At 0 samples are played as they are.</p>
          <div className={styles.sheetRow}>
            <span className={styles.sheetLabel}>The song is in</span>
            <Picker
              label="Key of the song"
              choices={key === null ? [{ id: '', label: 'Not known' }, ...keys] : keys}
              value={key === null ? '' : `${key.tonic} ${key.isMinor ? 'minor' : 'major'}`}
              onChange={(id) => {
                const [tonic = '', mode] = id.split(' ');
                if (tonic !== '') correctRhythm({ kind: 'key', key: { tonic: Number(tonic), isMinor: mode === 'minor' } });
              }}
            />
          </div>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
