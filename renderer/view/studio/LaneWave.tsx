import { useCallback, useEffect, useRef, type JSX, type PointerEvent } from 'react';
import { mediaClock } from '../../canvas/clock.ts';
import { Lane, type PaintTile } from '../../canvas/lane.ts';
import { paintWaveform } from '../../canvas/waveform.ts';
import { originalName, residualName } from '../../store/song.ts';
import { heardGain } from '../../store/strips.ts';
import { drawingGain } from '../../units/peaks.ts';
import { formatDb, toDb } from '../../units/levels.ts';
import { spokenTime } from '../../units/time.ts';
import { stemColour, stemLabel } from '../../units/stems.ts';
import { useStudio, useStudioStore } from '../studio-context.ts';
import { useTheme } from '../use-theme.ts';
import { pointed } from './pointed.ts';
import styles from './studio.module.css';

/** Pixels; less is a click. */
const leastDrag = 4;

/** Told to the page by whoever serves it, for style elements that scripts make. */
const nonce = (): string => document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

/** How a lane's tiles are painted: stable until something in the picture changes. */
function usePainter(name: string): { paint: PaintTile; note: string } {
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

/** Where the tiles live, drawn outside of React. */
function Surface({ paint }: { paint: PaintTile }): JSX.Element {
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
  return <div ref={host} className={styles.surface} />;
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
      if (event.button !== 0) return;
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

export function LaneWave({ name }: { name: string }): JSX.Element {
  const { paint, note } = usePainter(name);
  const { seconds, isHeard } = useStudio((state) => ({ seconds: state.song?.seconds ?? 0, isHeard: heardGain(state.strips, name) > 0 }));
  const sweep = useSweep(name);
  const label = `Waveform of ${stemLabel(name)}, ${spokenTime(seconds)}${isHeard ? '' : ', not heard'}.`;
  return (
    <div className={styles.wave} role="img" aria-label={label} {...sweep}>
      <Surface paint={paint} />
      {note !== '' && <span className={styles.laneNote}>{note}</span>}
    </div>
  );
}
