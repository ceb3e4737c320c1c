import { useCallback, type JSX } from 'react';
import { paintCurve } from '../../canvas/response.ts';
import { filterKinds, type Effect, type EqBand } from '../../store/types.ts';
import { gainAt } from '../../units/eq.ts';
import { Picker, Switch } from '../parts/controls.tsx';
import { useStudio } from '../studio-context.ts';
import { useCanvas } from '../use-canvas.ts';
import styles from './live.module.css';
import { Param } from './Param.tsx';
import { frequency, linear, logarithmic } from './scales.ts';

const kindNames: Readonly<Record<EqBand['kind'], string>> = { lowpass: 'Low-pass', highpass: 'High-pass', bandpass: 'Band-pass', notch: 'Notch', peak: 'Peak', lowshelf: 'Low shelf', highshelf: 'High shelf' };
const gain = linear(-24, 24, 0, 0.5, ['dB', 'decibels'], 1);
const quality = logarithmic(0.1, 40, 0.7, (q) => q.toFixed(2));
const gains: readonly EqBand['kind'][] = ['peak', 'lowshelf', 'highshelf'];

/** What the bands do together. */
export function Curve({ bands, label }: { bands: readonly EqBand[]; label: string }): JSX.Element {
  const rate = useStudio((state) => state.monitor?.rate ?? 48_000);
  const canvas = useCanvas(
    useCallback(
      (element: HTMLCanvasElement) => {
        paintCurve(element, (hz) => gainAt(bands, hz, rate));
      },
      [bands, rate],
    ),
  );
  return <canvas ref={canvas} role="img" aria-label={label} />;
}

export function BandRows({ bands, onChange }: { bands: readonly EqBand[]; onChange: (bands: EqBand[]) => void }): JSX.Element {
  const change = (index: number, to: Partial<EqBand>): void => {
    onChange(bands.map((band, at) => (at === index ? { ...band, ...to } : band)));
  };
  return (
    <ul className={styles.bands}>
      {bands.map((band, index) => {
        const name = `Band ${index + 1}`;
        return (
          <li key={index} className={styles.band}>
            <Switch label={`${name} on`} isOn={band.isOn} onChange={(isOn) => { change(index, { isOn }); }} />
            <div className={styles.bandKind}>
              <Picker label={`${name} kind`} choices={filterKinds.map((kind) => ({ id: kind, label: kindNames[kind] }))} value={band.kind} onChange={(kind) => { change(index, { kind: kind as EqBand['kind'] }); }} />
            </div>
            <Param label={`${name} frequency`} scale={frequency} value={band.hz} onChange={(hz) => { change(index, { hz }); }} />
            <Param label={`${name} gain`} scale={gain} value={gains.includes(band.kind) ? band.gainDb : 0} isCentred onChange={(gainDb) => { change(index, { gainDb }); }} />
            <Param label={`${name} Q`} scale={quality} value={band.q} onChange={(q) => { change(index, { q }); }} />
          </li>
        );
      })}
    </ul>
  );
}

export function EqPanel({ effect, onChange }: { effect: Extract<Effect, { kind: 'eq' }>; onChange: (effect: Effect) => void }): JSX.Element {
  return (
    <>
      <div className={styles.bar}>
        <h2>EQ</h2>
        <span className={styles.dim}>20 Hz to 20 kHz, ±24 dB</span>
      </div>
      <div className={styles.wave}>
        <Curve bands={effect.bands} label={`Response of ${effect.bands.length} bands`} />
      </div>
      <BandRows bands={effect.bands} onChange={(bands) => { onChange({ ...effect, bands }); }} />
    </>
  );
}
