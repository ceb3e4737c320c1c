import { useRef, type JSX, type ReactNode } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { paintSpark } from '../../canvas/response.ts';
import type { Meters } from '../../store/types.ts';
import { useFrame } from '../frame.ts';
import { figureText } from '../meters/figures.ts';
import { useHardware } from '../meters/use-hardware.ts';
import { Button, Picker, Segmented } from '../parts/controls.tsx';
import { Note } from '../parts/fields.tsx';
import { soundName } from '../../units/sound.ts';
import { useStudio, useStudioStore } from '../studio-context.ts';
import { Convolution } from './ConvolutionPanel.tsx';
import styles from './engine.module.css';
import { LiveFigure, type Figure } from './LiveFigure.tsx';
import { missedParts, readWords, rmsWords, sourceLevels, truePeakWords, type SoundLevels } from '../meters/meter-words.ts';
import { Row } from './Row.tsx';
import { useChain } from './use-chain.ts';
import { inMs } from './words.ts';

/** How the convolution is computed, what sound is played through, and how the engine does. */
export function EnginePanel(): JSX.Element {
  const { placed } = useChain();
  return (
    <aside className={styles.side} aria-label="Engine and meters">
      {placed?.effect.kind === 'reverb' && <Convolution placed={placed} effect={placed.effect} />}
      <Device />
      <MeterRows />
      <Guard />
    </aside>
  );
}

const deviceRates = [44_100, 48_000, 88_200, 96_000, 192_000];
const buffers = [64, 128, 256, 512, 1024];
const inputChoices = [{ id: '0', label: 'Off' }, { id: '1', label: 'Mono' }, { id: '2', label: 'Stereo' }];

/** What sound is played through, and what is listened to. */
function Device(): JSX.Element {
  const { monitor, devices, sound, output, isOutputTaken, loadDevices, chooseSound, openSound, togglePlay, isConnected, isDesktop } = useStudio((state) => ({
    ...{ monitor: state.monitor, devices: state.devices, sound: state.settings.sound, output: state.output, isOutputTaken: state.isOutputTaken, isConnected: state.isConnected, isDesktop: state.seesPaths },
    ...{ loadDevices: state.loadDevices, chooseSound: state.chooseSound, openSound: state.openSound, togglePlay: state.togglePlay },
  }));
  const known = devices?.devices ?? [];
  const isGone = sound.device !== null && sound.device !== 'none' && devices !== null && known.every(({ id }) => id !== sound.device);
  const choices = [
    { id: 'default', label: 'Default device' },
    ...known.map(({ id, name, system }) => ({ id, label: `${name} (${system})` })),
    ...(isGone ? [{ id: sound.device ?? '', label: 'The device that was chosen' }] : []),
    { id: 'none', label: 'No sound device' },
  ];
  const inputs = known.find(({ id, isDefault }) => (sound.device === null ? isDefault : id === sound.device))?.inputs ?? 0;
  const numbers = (list: readonly number[], unit: (value: number) => string): { id: string; label: string }[] => [{ id: 'own', label: 'The device’s own' }, ...list.map((value) => ({ id: String(value), label: unit(value) }))];
  const late = output === null ? '' : `, ${inMs(output.latencySeconds)} late${output.underruns > 0 ? `, ran dry ${output.underruns} times` : ''}`;
  const silence = 'No device: time passes, and nothing is heard here until it plays.';
  const open = monitor === null ? 'Not open.' : monitor.isSilent && output === null ? silence : `${soundName(monitor, output !== null, isDesktop)}${monitor.isSilent ? late : ' is open'}.`;
  return (
    <section className={styles.section} aria-label="Sound">
      <h2 className={styles.head}>Sound</h2>
      {isOutputTaken && <Note tone="warn">Another page plays the sound now. Play here takes it back. <Button onPress={togglePlay}>Play here</Button></Note>}
      {isGone && <Note tone="warn">The device that was chosen is not there. Connect it, or choose another.</Note>}
      {typeof devices?.problem === 'string' && known.length === 0 && <p className={styles.problem}>{devices.problem}</p>}
      <Row label="Device" cost={open}>
        <Picker label="Sound device" choices={choices} value={sound.device ?? 'default'} onChange={(id) => { void chooseSound({ device: id === 'default' ? null : id, hasHeadphones: false }); }} />
      </Row>
      <Row label="Rate">
        <Picker label="Rate" choices={numbers(deviceRates, (rate) => `${rate / 1000} kHz`)} value={sound.rate === null ? 'own' : String(sound.rate)} onChange={(id) => { void chooseSound({ rate: id === 'own' ? null : Number(id) }); }} />
      </Row>
      <Row label="Buffer">
        <Picker label="Buffer" choices={numbers(buffers, (frames) => `${frames} frames`)} value={sound.blockFrames === null ? 'own' : String(sound.blockFrames)} onChange={(id) => { void chooseSound({ blockFrames: id === 'own' ? null : Number(id) }); }} />
      </Row>
      <Row label="Input" {...(inputs === 0 ? { cost: 'This device has no input.' } : {})}>
        <Segmented label="Live input" choices={inputChoices.map((choice) => ({ ...choice, isDisabled: Number(choice.id) > inputs }))} value={String(Math.min(sound.inputs, inputs))} onChange={(id) => { void chooseSound({ inputs: Number(id) }); }} />
      </Row>
      <div className={styles.actions}>
        <Button look="quiet" onPress={() => { void loadDevices(true); }}>Look for devices</Button>
        {monitor === null && <Button onPress={() => { void openSound(); }} isDisabled={!isConnected}>Open sound</Button>}
      </div>
    </section>
  );
}

const ofSound = (read: (meters: Meters) => string): Figure => (meters) => (meters === null ? '–' : read(meters));
const percent = (share: number): string => `${Math.round(share * 100)} %`;

function Spark({ read, full }: { read: (meters: Meters) => number; full: number }): JSX.Element {
  const store = useStudioStore();
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<readonly Meters[]>([]);
  useFrame(() => {
    const history = store.getState().meterHistory();
    if (canvas.current === null || history === last.current) return;
    last.current = history;
    paintSpark(canvas.current, history.map(read), full);
  });
  return <canvas ref={canvas} aria-hidden="true" className={styles.spark} />;
}

function MeterRow({ label, children }: { label: string; children: ReactNode }): JSX.Element {
  return (
    <div className={styles.meterRow}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function MeterRows(): JSX.Element {
  const store = useStudioStore();
  useHardware();
  const { monitor, isMeasuring, resetCounters, measureLatency, output } = useStudio((state) => ({ monitor: state.monitor, isMeasuring: state.isMeasuring, resetCounters: state.resetCounters, measureLatency: state.measureLatency, output: state.output }));
  const rate = monitor?.rate ?? 0;
  const frames = (seconds: number): string => `${inMs(seconds)}, ${Math.round(seconds * rate)} fr`;
  const loopback = monitor?.loopback ?? null;
  const inAndOut = (words: (levels: SoundLevels | undefined) => string, unit: string): Figure => ofSound((meters) => `${words(sourceLevels(meters, store.getState()))}, ${words(meters.master)} ${unit}`);
  const counters = { onPress: resetCounters, className: styles.reset ?? '' };
  return (
    <section className={styles.section} aria-label="Meters">
      <h2 className={styles.head}>Meters <span>last 10 s</span></h2>
      <dl>
        <MeterRow label="Load"><Spark read={({ loadMean }) => loadMean} full={1} /><LiveFigure read={ofSound(({ loadMean }) => percent(loadMean))} /></MeterRow>
        <MeterRow label="Worst block"><Spark read={({ loadWorst }) => loadWorst} full={1} /><LiveFigure read={ofSound(({ loadWorst }) => percent(loadWorst))} /></MeterRow>
        <MeterRow label="RMS in, out"><LiveFigure read={inAndOut(rmsWords, 'dB')} /></MeterRow>
        <MeterRow label="True peak in, out"><LiveFigure read={inAndOut(truePeakWords, 'dBTP')} /></MeterRow>
        <MeterRow label="Processor"><LiveFigure read={figureText('cpu')} /></MeterRow>
        <MeterRow label="Memory"><LiveFigure read={figureText('memory')} /></MeterRow>
        <MeterRow label="Xruns"><AriaButton aria-label="Xruns, press to reset" {...counters}>Reset</AriaButton><LiveFigure read={ofSound(({ xruns }) => String(xruns))} /></MeterRow>
        <MeterRow label="Overloads"><LiveFigure read={ofSound(({ overloads }) => String(overloads))} /></MeterRow>
        <MeterRow label="Latency reported"><LiveFigure read={ofSound(({ inputLatencySeconds, outputLatencySeconds }) => frames(output === null ? inputLatencySeconds + outputLatencySeconds : output.latencySeconds))} /></MeterRow>
        <MeterRow label="Latency measured">
          {loopback === null ? (
            <AriaButton {...counters} isDisabled={isMeasuring || (monitor?.inputs ?? 0) === 0} onPress={() => { void measureLatency(); }} aria-label="Measure latency, with a cable from output to input">{isMeasuring ? 'Listening' : 'Measure'}</AriaButton>
          ) : (
            <span className={styles.figure}>{frames(loopback.seconds)}</span>
          )}
        </MeterRow>
        <MeterRow label="Late disk reads"><LiveFigure read={(meters) => readWords(store.getState().transport()?.lateReads ?? 0, meters?.readFaults ?? 0)} /></MeterRow>
        <MeterRow label="Late tail parts"><LiveFigure read={ofSound((meters) => String(missedParts(meters)))} /></MeterRow>
        <MeterRow label="Muted blocks"><LiveFigure read={ofSound(({ nonFiniteBlocks }) => String(nonFiniteBlocks))} /></MeterRow>
      </dl>
    </section>
  );
}

/** An open microphone beside a loudspeaker howls. */
function Guard(): JSX.Element | null {
  const { monitor, hasHeadphones, setHeadphones } = useStudio((state) => ({ monitor: state.monitor, hasHeadphones: state.settings.sound.hasHeadphones, setHeadphones: state.setHeadphones }));
  if (monitor === null || monitor.inputs === 0) return null;
  return (
    <div className={styles.guard}>
      <Note tone="plain">
        {hasHeadphones ? 'With headphones the input may be opened at once.' : 'Feedback guard: the input starts muted, as a loudspeaker would be heard in it.'}{' '}
        <button type="button" className={styles.linked} onClick={() => { setHeadphones(!hasHeadphones); }}>{hasHeadphones ? 'I use a loudspeaker' : 'I use headphones'}</button>
      </Note>
    </div>
  );
}
