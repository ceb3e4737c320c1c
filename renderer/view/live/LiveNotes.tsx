import type { JSX } from 'react';
import type { MonitorState, PlacedEffect } from '../../store/types.ts';
import { stemLabel } from '../../units/stems.ts';
import { Button } from '../parts/controls.tsx';
import { Note } from '../parts/fields.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './live.module.css';
import { useChain } from './use-chain.ts';

/** What keeps sound from being as it was set, and what to do about it: the studio, the device, effects that cannot be had. */
export function LiveNotes(): JSX.Element | null {
  const { isConnected, monitor } = useStudio((state) => ({ isConnected: state.isConnected, monitor: state.monitor }));
  const { placed } = useChain();
  // The panel of the one that is selected says what is wrong with it.
  const faulty = monitor?.effects.filter((each) => each.fault !== null && each.place !== placed?.place) ?? [];
  if (!isConnected) {
    return (
      <div className={styles.notes}>
        <Note tone="bad">The studio has stopped, and its sound with it. Start Stemwright again: songs, mixes and effects are kept. If it was only slow to answer, this page goes on by itself.</Note>
      </div>
    );
  }
  if (monitor === null || (monitor.notice === null && faulty.length === 0)) return null;
  return (
    <div className={styles.notes}>
      {monitor.notice !== null && <DeviceNote monitor={monitor} notice={monitor.notice} />}
      {faulty.length > 0 && <FaultyEffects monitor={monitor} faulty={faulty} />}
    </div>
  );
}

function DeviceNote({ monitor, notice }: { monitor: MonitorState; notice: string }): JSX.Element {
  const loadDevices = useStudio((state) => state.loadDevices);
  const isLost = monitor.isSilent && monitor.choice.device !== 'none';
  return (
    <Note tone={isLost ? 'bad' : 'warn'}>
      {notice} {isLost && <Button onPress={() => { void loadDevices(true); }}>Look for devices</Button>}
    </Note>
  );
}

function FaultyEffects({ monitor, faulty }: { monitor: MonitorState; faulty: readonly PlacedEffect[] }): JSX.Element {
  const { showEffect, setDialog } = useStudio((state) => ({ showEffect: state.showEffect, setDialog: state.setDialog }));
  return (
    <Note tone="warn">
      {faulty.length === 1 ? 'An effect is left out of the sound:' : `${faulty.length} effects are left out of the sound:`}
      <ul>
        {faulty.map(({ place, fault }) => (
          <li key={`${place.strip} ${place.slot}`}>
            <span>{placeName(place.strip, monitor)}: {fault}</span> <Button onPress={() => { showEffect(place); }}>Show</Button>
          </li>
        ))}
      </ul>
      <Button onPress={() => { setDialog('folders'); }}>Folders of responses…</Button>
    </Note>
  );
}

function placeName(strip: PlacedEffect['place']['strip'], { tracks }: MonitorState): string {
  if (typeof strip === 'number') return stemLabel(tracks[strip]?.name ?? '');
  return { input: 'Live input', send: 'Send', master: 'Whole mix' }[strip];
}
