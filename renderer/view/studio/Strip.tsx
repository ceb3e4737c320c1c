import { useRef, type JSX } from 'react';
import { ToggleButton } from 'react-aria-components';
import { Meter } from '../../canvas/meter.ts';
import { clampFader, faderDb, faderPosition, formatDb, formatPan, maximumDb, spokenDb, spokenPan, stepFader } from '../../units/levels.ts';
import { stemColour, stemLabel } from '../../units/stems.ts';
import { useFrame } from '../frame.ts';
import { useStudio, useStudioStore } from '../studio-context.ts';
import { Fader, type Law } from './Fader.tsx';
import styles from './studio.module.css';

const faderLaw: Law = {
  ...{ least: -60, most: maximumDb, rest: 0 },
  ...{ toPosition: faderPosition, toValue: faderDb, spoken: spokenDb },
  step: (db, steps) => stepFader(clampFader(db), steps * 0.5),
};

const panStep = 0.05;
const toPan = (value: number): number => Math.round(Math.min(1, Math.max(-1, value)) * 100) / 100;
const panLaw: Law = {
  ...{ least: -1, most: 1, rest: 0, spoken: spokenPan },
  toPosition: (pan) => (pan + 1) / 2,
  // The centre holds the thumb a little.
  toValue: (position) => (Math.abs(position - 0.5) < 0.02 ? 0 : toPan(position * 2 - 1)),
  step: (pan, steps) => toPan(pan + steps * panStep),
};

export function LaneMeter({ track, label }: { track?: string; label: string }): JSX.Element {
  const store = useStudioStore();
  const canvas = useRef<HTMLCanvasElement>(null);
  const meter = useRef<Meter>(null);
  useFrame((now) => {
    if (canvas.current === null) return;
    meter.current ??= new Meter(canvas.current);
    const { left, right } = store.getState().levels(track);
    meter.current.show(now, left, right);
  });
  return <canvas ref={canvas} role="img" aria-label={label} onClick={() => meter.current?.clear()} />;
}

/** @param digit the key that chooses the lane */
export function Strip({ name, digit, isFolded }: { name: string; digit: number; isFolded: boolean }): JSX.Element {
  const { strip, selected, select, setStrip, toggleSolo } = useStudio((state) => ({
    strip: state.strips[name] ?? { isMuted: false, isSolo: false, db: 0, pan: 0 },
    ...{ selected: state.selected, select: state.select, setStrip: state.setStrip, toggleSolo: state.toggleSolo },
  }));
  const label = stemLabel(name);
  return (
    <div
      className={styles.strip}
      data-selected={selected === name || undefined}
      data-muted={strip.isMuted || undefined}
      onPointerDown={() => {
        select(name);
      }}
      onFocus={() => {
        select(name);
      }}
    >
      <span className={styles.tag} style={{ background: `var(${stemColour(name)})` }} />
      <div className={styles.stripBody}>
        <div className={styles.stripRow}>
          <span className={styles.digit}>{digit}</span>
          <span className={styles.stripName}>{label}</span>
          <ToggleButton
            aria-label={`Mute ${label}`}
            isSelected={strip.isMuted}
            onChange={(isMuted) => {
              setStrip(name, { isMuted });
            }}
            className={`${styles.lettered ?? ''} ${styles.mute ?? ''}`}
          >
            M
          </ToggleButton>
          <ToggleButton
            aria-label={`Solo ${label}`}
            isSelected={strip.isSolo}
            onPress={({ shiftKey }) => {
              toggleSolo(name, shiftKey);
            }}
            className={`${styles.lettered ?? ''} ${styles.solo ?? ''}`}
          >
            S
          </ToggleButton>
        </div>
        {!isFolded && (
          <>
            <div className={styles.stripRow}>
              <Fader label={`${label} level`} law={faderLaw} value={strip.db} onChange={(db) => { setStrip(name, { db }); }} />
              <span className={styles.value}>{formatDb(strip.db)}</span>
            </div>
            <div className={styles.stripRow}>
              <span className={styles.panLabel}>Pan</span>
              <Fader label={`${label} pan`} law={panLaw} value={strip.pan} onChange={(pan) => { setStrip(name, { pan }); }} isCentred />
              <span className={styles.value}>{formatPan(strip.pan)}</span>
            </div>
          </>
        )}
      </div>
      <div className={styles.meter}>{!isFolded && <LaneMeter track={name} label={`${label} meter`} />}</div>
    </div>
  );
}
