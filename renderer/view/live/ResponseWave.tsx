import { useCallback, useState, type JSX } from 'react';
import { paintResponse } from '../../canvas/response.ts';
import type { ResponseEdit, ResponseFacts } from '../../store/types.ts';
import { pointed } from '../studio/pointed.ts';
import { useCanvas } from '../use-canvas.ts';
import styles from './live.module.css';

const keyStep = 0.01;
const least = 0.002;

/** The response as its file has it, with what is cut off and the envelope over what stays. */
export function ResponseWave({ file, edit, onChange }: { file: ResponseFacts; edit: ResponseEdit; onChange: (change: Partial<ResponseEdit>) => void }): JSX.Element {
  const seconds = file.fileSeconds;
  const end = Math.min(seconds, edit.endSeconds ?? seconds);
  const { beginSeconds: begin, isReversed, attackSeconds, decaySeconds } = edit;
  const canvas = useCanvas(
    useCallback(
      (element: HTMLCanvasElement) => {
        paintResponse(element, { peaks: file.peaks, seconds, begin, end, isReversed, attackSeconds, decaySeconds });
      },
      [file.peaks, seconds, begin, end, isReversed, attackSeconds, decaySeconds],
    ),
  );
  return (
    <div className={styles.wave}>
      <canvas ref={canvas} role="img" aria-label={`Waveform of ${file.name}, ${seconds.toFixed(2)} seconds; heard from ${begin.toFixed(2)} to ${end.toFixed(2)} seconds`} />
      <Edge label="Begin" at={begin} seconds={seconds} onMove={(to) => { onChange({ beginSeconds: Math.max(0, Math.min(to, end - least)) }); }} />
      <Edge
        label="End" at={end} seconds={seconds}
        onMove={(to) => {
          const next = Math.max(begin + least, to);
          onChange({ endSeconds: next >= seconds ? null : next });
        }}
      />
    </div>
  );
}

/** Drag it, or the arrows for a hundredth of a second, Shift for a tenth. */
function Edge({ label, at, seconds, onMove }: { label: string; at: number; seconds: number; onMove: (to: number) => void }): JSX.Element {
  const [isDragged, setDragged] = useState(false);
  return (
    <div
      className={styles.edge}
      role="slider"
      tabIndex={0}
      aria-label={`${label} of the response`}
      aria-valuemin={0}
      aria-valuemax={seconds}
      aria-valuenow={at}
      aria-valuetext={`${at.toFixed(2)} seconds`}
      style={{ left: `${(at / seconds) * 100}%` }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragged(true);
      }}
      onPointerMove={(event) => {
        const wave = event.currentTarget.parentElement;
        if (isDragged && wave !== null) onMove(pointed({ clientX: event.clientX, currentTarget: wave }, 0, seconds));
      }}
      onPointerUp={() => { setDragged(false); }}
      onPointerCancel={() => { setDragged(false); }}
      onKeyDown={(event) => {
        const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
        if (way === undefined || event.altKey) return;
        event.preventDefault();
        event.stopPropagation();
        onMove(at + way * keyStep * (event.shiftKey ? 10 : 1));
      }}
    />
  );
}
