import { useRef, type JSX } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { useFrame, writeText } from '../frame.ts';
import { soundName } from '../../units/sound.ts';
import { useStudio, useStudioStore } from '../studio-context.ts';
import styles from './app.module.css';

const kilohertz = (rate: number): string => `${Number((rate / 1000).toFixed(1))} kHz`;

/** What sound is played through, and how much of its time the engine takes. Nothing before it is open. */
export function SoundStatus(): JSX.Element | null {
  const { monitor, output, isDesktop, showPage } = useStudio((state) => ({
    monitor: state.monitor,
    output: state.output === null ? null : Math.round(state.output.latencySeconds * 100) * 10,
    isDesktop: state.seesPaths,
    showPage: state.showPage,
  }));
  if (monitor === null) return null;
  const name = soundName(monitor, output !== null, isDesktop);
  const block = monitor.isSilent || monitor.blockFrames === null ? '' : `, ${monitor.blockFrames} frames`;
  const late = output === null ? '' : `, ${output} ms`;
  return (
    <>
      <AriaButton aria-label={`Sound: ${name}, ${kilohertz(monitor.rate)}${block}${late}`} onPress={() => { showPage('live'); }} className={styles.pair ?? ''}>
        <b>{name}</b>
        <span>{`${kilohertz(monitor.rate)}${block}${late}`}</span>
      </AriaButton>
      <Load />
    </>
  );
}

function Load(): JSX.Element {
  const store = useStudioStore();
  const meter = useRef<HTMLSpanElement>(null);
  useFrame(() => {
    const percent = Math.round((store.getState().soundLoad()?.loadMean ?? 0) * 100);
    const element = meter.current;
    if (element === null || element.getAttribute('aria-valuenow') === String(percent)) return;
    element.setAttribute('aria-valuenow', String(percent));
    element.style.setProperty('--load', String(Math.min(1, percent / 100)));
    writeText(element.lastElementChild, `${percent} %`);
  });
  return (
    <span ref={meter} role="meter" aria-label="Render load" aria-valuemin={0} aria-valuemax={100} aria-valuenow={0} className={styles.load}>
      <i />
      <span>0 %</span>
    </span>
  );
}
