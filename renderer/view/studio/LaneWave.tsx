import { useCallback, useEffect, useRef, type JSX, type PointerEvent } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { mediaClock } from '../../canvas/clock.ts';
import { Lane, type PaintTile } from '../../canvas/lane.ts';
import { paintSpectrum } from '../../canvas/spectrum.ts';
import { paintWaveform } from '../../canvas/waveform.ts';
import { originalName, residualName } from '../../store/song.ts';
import { heardGain } from '../../store/strips.ts';
import { drawingGain } from '../../units/peaks.ts';
import { formatDb, toDb } from '../../units/levels.ts';
import { heightOf } from '../../units/spectrum.ts';
import { spokenTime } from '../../units/time.ts';
import { stemColour, stemLabel } from '../../units/stems.ts';
import { useStudio, useStudioStore } from '../studio-context.ts';
import { useTheme } from '../use-theme.ts';
import { pointed } from './pointed.ts';
import { PrintNote } from './PrintNote.tsx';
import styles from './studio.module.css';

/** Pixels; less is a click. */
const leastDrag = 4;

/** Told to the page by whoever serves it, for style elements that scripts make. */
const nonce = (): string => document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

/** How a lane's tiles are painted: stable until something in the picture changes. */
function useWaveform(name: string): { paint: PaintTile; note: string } {
  const { song, peaks, ghost, isDimmed } = useStudio((state) => ({
    song: state.song,
    peaks: state.peaks[name] ?? null,
    ghost: name === originalName || name === residualName ? null : (state.peaks[originalName] ?? null),
    isDimmed: heardGain(state.strips, name) === 0 && name !== residualName,
  }));
  const { rate, frames, finished } = song ?? { rate: 0, frames: 0, finished: [] };
  const drawn = name === residualName && peaks !== null ? drawingGain(peaks) : 1;
  const gain = drawn ?? 0;
  const paint = useCallback<PaintTile>(
    (context, start, perPixel) => {
      const final = name === originalName ? [[0, frames] as const] : finished;
      const picture = { peaks, ghost, finished: final, colour: stemColour(name), gain, isDimmed };
      paintWaveform(context, picture, { start: start * rate, framesPerColumn: perPixel * rate });
    },
    [name, peaks, ghost, finished, rate, frames, gain, isDimmed],
  );
  return { paint, note: drawn === null ? 'too quiet to draw' : drawn === 1 ? '' : `drawn at ${formatDb(toDb(drawn), 0)}` };
}

/** Null where the lane shows its waveform. */
function useSpectrum(name: string): PaintTile | null {
  const { address, frames, rate, isDimmed, spectrumTile } = useStudio((state) => ({
    address: state.spectra.includes(name) ? (state.song?.lanes.find((lane) => lane.name === name)?.source?.spectrum ?? null) : null,
    ...{ frames: state.song?.frames ?? 0, rate: state.song?.rate ?? 0, isDimmed: heardGain(state.strips, name) === 0 && name !== residualName },
    spectrumTile: state.spectrumTile,
  }));
  const paint = useCallback<PaintTile>(
    (context, start, perPixel) => {
      if (address === null) return;
      const picture = { tile: (level: number, index: number) => spectrumTile(address, level, index), frames, colour: stemColour(name), isDimmed };
      paintSpectrum(context, picture, { start: start * rate, framesPerColumn: perPixel * rate });
    },
    [name, address, frames, rate, isDimmed, spectrumTile],
  );
  return address === null ? null : paint;
}

/** Where the tiles live, drawn outside of React. */
function Surface({ label, paint, isSpectrum }: { label: string; paint: PaintTile; isSpectrum: boolean }): JSX.Element {
  const store = useStudioStore();
  const seconds = useStudio(({ song }) => song?.seconds ?? 0);
  const host = useRef<HTMLDivElement>(null);
  const lane = useRef<Lane>(null);
  const latest = useRef(paint);
  const theme = useTheme();
  useEffect(() => {
    latest.current = paint;
    lane.current?.setPainter(paint);
  }, [paint, theme]);
  useEffect(() => {
    if (host.current === null || seconds === 0) return undefined;
    const { position, seek, window } = store.getState();
    const made = new Lane({ host: host.current, seconds, media: mediaClock(seconds, position, seek), nonce: nonce(), shown: window, paint: latest.current });
    lane.current = made;
    const stop = store.subscribe((state, before) => {
      if (state.window !== before.window) made.show(state.window);
    });
    return () => {
      stop();
      lane.current = null;
      made.destroy();
    };
  }, [store, seconds]);
  useEffect(() => {
    if (!isSpectrum) return undefined;
    // Tiles come one by one; the lane is drawn once for all of a frame.
    let request = 0;
    const stop = store.getState().onSpectrum(() => {
      if (request !== 0) return;
      request = requestAnimationFrame(() => {
        request = 0;
        lane.current?.repaint();
      });
    });
    return () => {
      stop();
      cancelAnimationFrame(request);
    };
  }, [store, isSpectrum]);
  return <div ref={host} className={styles.surface} role="img" aria-label={label} />;
}

/** A press moves the playhead; a drag marks a stretch of time. */
function useSweep(name: string): Pick<JSX.IntrinsicElements['div'], 'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel'> {
  const store = useStudioStore();
  const drag = useRef<{ seconds: number; x: number; isMoving: boolean } | null>(null);
  const at = (event: PointerEvent): number => {
    const { window } = store.getState();
    return pointed(event, window.start, window.span);
  };
  const end = (): void => {
    drag.current = null;
  };
  return {
    onPointerDown: (event) => {
      if (event.button !== 0 || (event.target instanceof Element && event.target.closest('button') !== null)) return;
      const { select, seek, clearSelection } = store.getState();
      event.currentTarget.setPointerCapture(event.pointerId);
      drag.current = { seconds: at(event), x: event.clientX, isMoving: false };
      select(name);
      clearSelection();
      seek(at(event));
    },
    onPointerMove: (event) => {
      const from = drag.current;
      if (from === null) return;
      from.isMoving ||= Math.abs(event.clientX - from.x) >= leastDrag;
      if (from.isMoving) store.getState().setSelection(from.seconds, at(event));
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}

const pitches = [
  [200, '200'],
  [1000, '1k'],
  [5000, '5k'],
] as const;

/** What the rows of a spectrum stand for, Hz. */
function Pitches(): JSX.Element {
  const rate = useStudio(({ song }) => song?.rate ?? 0);
  const shown = pitches.filter(([hertz]) => hertz < rate / 2);
  return (
    <>
      {shown.map(([hertz, text]) => (
        <span key={hertz} className={styles.pitch} style={{ bottom: `${heightOf(hertz, rate) * 100}%` }}>{text}</span>
      ))}
    </>
  );
}

export function LaneWave({ name, isFolded }: { name: string; isFolded: boolean }): JSX.Element {
  const waveform = useWaveform(name);
  const spectrum = useSpectrum(name);
  const { seconds, isHeard, hasSpectrum, setSpectrum } = useStudio((state) => ({
    ...{ seconds: state.song?.seconds ?? 0, isHeard: heardGain(state.strips, name) > 0, setSpectrum: state.setSpectrum },
    hasSpectrum: (state.song?.lanes.find((lane) => lane.name === name)?.source?.spectrum ?? null) !== null,
  }));
  const sweep = useSweep(name);
  const isSpectrum = spectrum !== null;
  const label = `${isSpectrum ? 'Spectrum' : 'Waveform'} of ${stemLabel(name)}, ${spokenTime(seconds)}${isHeard ? '' : ', not heard'}.`;
  const other = isSpectrum ? 'Wave' : 'Spectrum';
  return (
    <div className={styles.wave} {...sweep}>
      <Surface label={label} paint={spectrum ?? waveform.paint} isSpectrum={isSpectrum} />
      {isSpectrum ? !isFolded && <Pitches /> : waveform.note !== '' && <span className={styles.laneNote}>{waveform.note}</span>}
      {!isFolded && <PrintNote name={name} />}
      {hasSpectrum && (
        <AriaButton className={styles.laneLook ?? ''} aria-label={`Show the ${other.toLowerCase()} of ${stemLabel(name)}`} onPress={() => { setSpectrum([name], !isSpectrum); }}>
          {other}
        </AriaButton>
      )}
    </div>
  );
}
