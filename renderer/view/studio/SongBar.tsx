import type { JSX } from 'react';
import { IconButton, IconToggle, Segmented } from '../parts/controls.tsx';
import { useStudio, useStudioStore } from '../studio-context.ts';
import styles from './studio.module.css';

const looks = [
  { id: 'wave', label: 'Wave' },
  { id: 'spectrum', label: 'Spectrum' },
];

/** What the song is, and how the lanes show it. */
export function SongBar(): JSX.Element {
  const store = useStudioStore();
  const { title, detail, hasSource, isFollowing, isDone, shown, spectra } = useStudio((state) => ({
    ...{ title: state.song?.title ?? '', detail: state.song?.detail ?? '', hasSource: (state.song?.frames ?? 0) > 0 },
    ...{ isFollowing: state.isFollowing, isDone: state.finished !== null, shown: state.song?.lanes, spectra: state.spectra },
  }));
  const lanes = shown?.map(({ name }) => name) ?? [];
  const state = store.getState();
  return (
    <div className={styles.song}>
      <h1 className={styles.title} dir="auto">{title}</h1>
      <span className={styles.detail}>{detail}</span>
      {isDone && (
        <div className={styles.look}>
          <Segmented
            label="All lanes show"
            choices={looks}
            value={spectra.length === 0 ? 'wave' : lanes.every((name) => spectra.includes(name)) ? 'spectrum' : ''}
            onChange={(id) => { state.setSpectrum(lanes, id === 'spectrum'); }}
          />
        </div>
      )}
      <IconButton icon="marker" label="Add a marker" keys="K" isDisabled={!hasSource} onPress={() => { state.addMarker(); }} />
      <IconToggle icon="follow" label="Follow the playhead" keys="" isOn={isFollowing} onChange={state.toggleFollowing} />
      <IconButton icon="minus" label="Zoom out" keys="Ctrl −" onPress={() => { state.zoomStep(1); }} />
      <IconButton icon="add" label="Zoom in" keys="Ctrl +" onPress={() => { state.zoomStep(-1); }} />
      <IconButton icon="fit" label="Fit song" keys="Ctrl 0" onPress={state.fit} />
    </div>
  );
}
