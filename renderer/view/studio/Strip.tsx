import { useRef, type HTMLAttributes, type JSX, type ReactNode } from 'react';
import { Button as AriaButton, ToggleButton } from 'react-aria-components';
import { Meter } from '../../canvas/meter.ts';
import { originalName, residualName } from '../../store/song.ts';
import { defaultStrip, type Strip as StripState } from '../../store/strips.ts';
import { clampFader, faderDb, faderPosition, formatDb, formatPan, maximumDb, panStep, parseDb, parsePan, spokenDb, spokenPan, stepFader, toPan } from '../../units/levels.ts';
import { stemColour, stemLabel } from '../../units/stems.ts';
import { useFrame } from '../frame.ts';
import { rmsWords, sourceLevels, truePeakWords } from '../meters/meter-words.ts';
import { Icon } from '../parts/Icon.tsx';
import { useStudio, useStudioStore } from '../studio-context.ts';
import { Fader, type Law } from './Fader.tsx';
import styles from './studio.module.css';
import { TypedValue } from './TypedValue.tsx';

const faderLaw: Law = {
  ...{ least: -60, most: maximumDb, rest: 0 },
  ...{ toPosition: faderPosition, toValue: faderDb, spoken: spokenDb },
  step: (db, steps) => stepFader(clampFader(db), steps * 0.5),
};

const panLaw: Law = {
  ...{ least: -1, most: 1, rest: 0, spoken: spokenPan },
  toPosition: (pan) => (pan + 1) / 2,
  // The centre holds the thumb a little.
  toValue: (position) => (Math.abs(position - 0.5) < 0.02 ? 0 : toPan(position * 2 - 1)),
  step: (pan, steps) => toPan(pan + steps * panStep),
};

/** A click clears what it holds; a key does so for all. Under the pointer it says RMS and true peak. */
export function LaneMeter({ track, label, isLying = false }: { track?: string; label: string; isLying?: boolean }): JSX.Element {
  const store = useStudioStore();
  const canvas = useRef<HTMLCanvasElement>(null);
  const meter = useRef<Meter>(null);
  const cleared = useRef(0);
  useFrame((now) => {
    if (canvas.current === null) return;
    meter.current ??= new Meter(canvas.current, isLying);
    const { levels, clearings } = store.getState();
    if (cleared.current !== clearings) meter.current.clear();
    cleared.current = clearings;
    const { left, right } = levels(track);
    meter.current.show(now, left, right);
  });
  const tell = ({ currentTarget }: { currentTarget: HTMLCanvasElement }): void => {
    const { soundLoad, monitor } = store.getState();
    const meters = soundLoad();
    const levels = meters === null ? undefined : sourceLevels(meters, { source: track === undefined ? 'mix' : `track:${track}`, isSend: false, monitor });
    currentTarget.title = levels === undefined ? '' : `RMS ${rmsWords(levels)} dB, true peak ${truePeakWords(levels)} dBTP`;
  };
  return <canvas ref={canvas} role="img" aria-label={label} onPointerMove={tell} onClick={() => meter.current?.clear()} />;
}

/** Makes an element one by which the stem's file can be dragged to other programs, where the shell can do that. */
function useStemDrag(name: string): HTMLAttributes<HTMLElement> {
  const { canDrag, dragStem } = useStudio((state) => ({
    canDrag: state.info?.can.dragOut === true && state.finished !== null && name !== originalName && name !== residualName,
    dragStem: state.dragStem,
  }));
  const isHeld = useRef(false);
  if (!canDrag) return {};
  return {
    draggable: true,
    title: 'Drag it to another program, as a file',
    onDragStart: (event) => {
      // The system's own drag takes its place.
      event.preventDefault();
      isHeld.current = true;
      addEventListener('pointerup', () => { isHeld.current = false; }, { once: true });
      dragStem(name, () => isHeld.current);
    },
  };
}

/** What every lane's head has. */
function Head({ name, digit, before, below }: { name: string; digit: string; before?: ReactNode; below: ReactNode }): JSX.Element {
  const { strip, isSelected, select, setStrip, toggleSolo } = useStudio((state) => ({
    strip: state.strips[name] ?? defaultStrip(name),
    ...{ isSelected: state.selected === name, select: state.select, setStrip: state.setStrip, toggleSolo: state.toggleSolo },
  }));
  const label = stemLabel(name);
  const choose = (): void => {
    select(name);
  };
  return (
    <div className={styles.strip} data-selected={isSelected || undefined} data-muted={strip.isMuted || undefined} onPointerDown={choose} onFocus={choose}>
      <span className={styles.tag} style={{ background: `var(${stemColour(name)})` }} />
      <div className={styles.stripBody}>
        <div className={styles.stripRow}>
          {before}
          <span className={styles.digit}>{digit}</span>
          <span className={styles.stripName} {...useStemDrag(name)}>{label}</span>
          <ToggleButton aria-label={`Mute ${label}`} isSelected={strip.isMuted} onChange={(isMuted) => { setStrip(name, { isMuted }); }} className={`${styles.lettered ?? ''} ${styles.mute ?? ''}`}>
            M
          </ToggleButton>
          <ToggleButton aria-label={`Solo ${label}`} isSelected={strip.isSolo} onPress={({ shiftKey }) => { toggleSolo(name, shiftKey); }} className={`${styles.lettered ?? ''} ${styles.solo ?? ''}`}>
            S
          </ToggleButton>
        </div>
        {below}
      </div>
      <div className={styles.meter}>
        <LaneMeter track={name} label={`${label} meter`} />
      </div>
    </div>
  );
}

function Levels({ name, strip }: { name: string; strip: StripState }): JSX.Element {
  const setStrip = useStudio((state) => state.setStrip);
  const label = stemLabel(name);
  return (
    <>
      <div className={styles.stripRow}>
        <Fader label={`${label} level`} law={faderLaw} value={strip.db} onChange={(db) => { setStrip(name, { db }); }} />
        <TypedValue label={`${label} level`} text={formatDb(strip.db)} parse={parseDb} onChange={(db) => { setStrip(name, { db }); }} />
      </div>
      <div className={styles.stripRow}>
        <span className={styles.panLabel}>Pan</span>
        <Fader label={`${label} pan`} law={panLaw} value={strip.pan} onChange={(pan) => { setStrip(name, { pan }); }} isCentred />
        <TypedValue label={`${label} pan`} text={formatPan(strip.pan)} parse={parsePan} onChange={(pan) => { setStrip(name, { pan }); }} />
      </div>
    </>
  );
}

/** @param digit the key that chooses the lane; 0: none */
export function Strip({ name, digit, isFolded }: { name: string; digit: number; isFolded: boolean }): JSX.Element {
  const { strip, toggleOriginal } = useStudio((state) => ({ strip: state.strips[name] ?? defaultStrip(name), toggleOriginal: state.toggleOriginal }));
  const fold = name === originalName && (
    <AriaButton className={styles.fold ?? ''} aria-label={isFolded ? 'Unfold the original' : 'Fold the original'} aria-expanded={!isFolded} onPress={toggleOriginal}>
      <Icon name={isFolded ? 'right' : 'down'} />
    </AriaButton>
  );
  return <Head name={name} digit={digit === 0 ? '' : String(digit)} before={fold} below={!isFolded && <Levels name={name} strip={strip} />} />;
}

/** What the song has and no stem does: how little that is counts more than its faders. */
export function ResidualStrip(): JSX.Element {
  const figure = useStudio(({ finished }) => (finished === null ? '–' : (finished.report.nullDepthDb?.toFixed(1).replace('-', '−') ?? '−∞')));
  return (
    <Head
      name={residualName}
      digit="0"
      below={
        <>
          <p className={styles.depth}>
            <b>{figure}</b> dBFS null depth
          </p>
          <p className={styles.depthNote}>mix − sum of stems</p>
        </>
      }
    />
  );
}
