import { useEffect, type JSX } from 'react';
import { modesKey } from '../../store/mode-loads.ts';
import { reverbBlocks, type Effect, type ModeLoad, type PlacedEffect, type ReverbEffect } from '../../store/types.ts';
import { Picker, Segmented } from '../parts/controls.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './engine.module.css';
import { gpuBlocks, gpuObstacle, gpuWords } from './gpu-words.ts';
import { LiveFigure } from './LiveFigure.tsx';
import { effectAt } from '../meters/meter-words.ts';
import { Row } from './Row.tsx';
import { inMs, loadWords } from './words.ts';

/** What is turned is measured once the hand has rested for so long. */
const restMs = 800;

/** How it works, and what it adds to the latency. */
function modes(blockSeconds: number, responseSeconds: number): readonly { id: ReverbEffect['mode']; name: string; adds: string; words: string }[] {
  return [
    { id: 'direct', name: 'Direct', adds: '0 ms', words: 'Sample by sample; for short responses.' },
    { id: 'fft', name: 'FFT', adds: inMs(responseSeconds), words: 'One partition, late: for printing.' },
    { id: 'uniform', name: 'Uniform', adds: inMs(blockSeconds), words: 'Equal blocks, one block late.' },
    { id: 'partitioned', name: 'Partitioned', adds: '0 ms', words: 'Direct head, growing blocks.' },
  ];
}

/** What each mode would take here, once it has been measured; nothing of what cannot be heard. */
function useModeLoads(effect: ReverbEffect, isHeard: boolean): { loads: readonly ModeLoad[]; isMeasured: boolean } {
  const { monitor, known, measure } = useStudio((state) => ({ monitor: state.monitor, known: state.modeLoads, measure: state.measureModes }));
  const key = monitor === null || !isHeard ? null : modesKey(effect, monitor);
  useEffect(() => {
    if (key === null) return;
    const timer = setTimeout(measure, restMs);
    return () => {
      clearTimeout(timer);
    };
  }, [key, measure]);
  const isKnown = known !== null && known.key === key;
  return { loads: isKnown ? known.loads : [], isMeasured: isKnown || key === null };
}

/** How the convolution is computed. */
export function Convolution({ placed, effect }: { placed: PlacedEffect; effect: ReverbEffect }): JSX.Element {
  const { slot, rate, putEffect } = useStudio((state) => ({ slot: state.slot, rate: state.monitor?.rate ?? 44_100, putEffect: state.putEffect }));
  const { loads, isMeasured } = useModeLoads(effect, placed.fault === null);
  const change = (to: Partial<ReverbEffect>): void => {
    putEffect(slot, { ...effect, ...to } satisfies Effect);
  };
  const { reverb } = placed;
  return (
    <section className={styles.section} aria-label="Convolution">
      <h2 className={styles.head}>Convolution <span className={styles.modeFigures}><span>adds</span><span>load</span></span></h2>
      <div role="radiogroup" aria-label="Convolution mode">
        {modes((reverb?.blockSize ?? 0) / rate, reverb?.seconds ?? 0).map(({ id, name, adds, words }) => {
          const { figure, warning } = loadWords(loads.find(({ mode }) => mode === id), isMeasured);
          return (
            <label key={id} className={styles.mode} data-selected={effect.mode === id || undefined}>
              <input type="radio" name="mode" checked={effect.mode === id} onChange={() => { change({ mode: id }); }} />
              <b>{name}</b>
              <span className={styles.modeFigures}><span>{adds}</span><span data-bad={warning !== '' || undefined}>{figure}</span></span>
              <p>{words}{warning}</p>
            </label>
          );
        })}
      </div>
      <Row label="Block" cost={reverb === null ? '–' : `${reverb.blockSize} frames, ${inMs(reverb.blockSize / rate)}. Smaller costs more load.`}>
        <Picker label="Block size" choices={[{ id: 'device', label: 'As the device’s' }, ...reverbBlocks.map((size) => ({ id: String(size), label: `${size} frames` }))]} value={effect.blockSize === null ? 'device' : String(effect.blockSize)} onChange={(id) => { change({ blockSize: reverbBlocks.find((size) => String(size) === id) ?? null }); }} />
      </Row>
      <Row label="Tail">
        <Segmented
          label="Tail"
          choices={[{ id: 'workers', label: 'Workers' }, { id: 'inline', label: 'Inline' }].map((choice) => ({ ...choice, isDisabled: effect.mode !== 'partitioned' }))}
          value={effect.isThreaded && effect.mode === 'partitioned' ? 'workers' : 'inline'}
          onChange={(id) => { change({ isThreaded: id === 'workers' }); }}
        />
      </Row>
      <Row label="Loudness" {...(reverb === null ? {} : { cost: effect.normalize === 'none' ? 'As loud as the file is.' : `${reverb.responseGainDb.toFixed(1).replace('-', '−')} dB: comes out as loud as it went in.` })}>
        <Segmented label="Loudness" choices={[{ id: 'loudness', label: 'Even' }, { id: 'none', label: 'As it is' }]} value={effect.normalize} onChange={(id) => { change({ normalize: id === 'none' ? 'none' : 'loudness' }); }} />
      </Row>
      <FftRow placed={placed} effect={effect} />
    </section>
  );
}

/** What computes the tail, how long it took until the first block could be heard, and how it does. */
function FftRow({ placed, effect }: { placed: PlacedEffect; effect: ReverbEffect }): JSX.Element {
  const { slot, info, wanted, putEffect } = useStudio((state) => ({ slot: state.slot, info: state.info, wanted: state.settings.gpuDevice, putEffect: state.putEffect }));
  const { reverb } = placed;
  const obstacle = gpuObstacle(effect, info, wanted);
  const isOnGpu = effect.backend === 'gpu' && effect.mode === 'partitioned' && effect.isThreaded;
  const ready = reverb === null ? '' : `Read ${inMs(reverb.readSeconds)}, prepare ${inMs(reverb.prepareSeconds)}, warm-up ${inMs(reverb.warmUpSeconds)}. `;
  return (
    <>
      <Row label="FFT on" cost={ready + (isOnGpu ? gpuWords(reverb) : (obstacle ?? 'The GPU can compute the long partitions.'))}>
        <Segmented
          label="FFT on"
          choices={[{ id: 'cpu', label: 'CPU' }, { id: 'gpu', label: 'GPU', isDisabled: obstacle !== null && !isOnGpu }]}
          value={isOnGpu ? 'gpu' : 'cpu'}
          onChange={(id) => { putEffect(slot, { ...effect, backend: id === 'gpu' ? 'gpu' : 'cpu' } satisfies Effect); }}
        />
      </Row>
      {isOnGpu && (
        <Row label="GPU blocks">
          <LiveFigure read={(meters) => gpuBlocks(effectAt(meters, placed.place))} />
        </Row>
      )}
    </>
  );
}
