import { useRef, type JSX, type KeyboardEvent } from 'react';
import { ToggleButton } from 'react-aria-components';
import { Meter } from '../../canvas/meter.ts';
import { useFrame } from '../frame.ts';
import type { Meters } from '../../store/types.ts';
import { Icon } from '../parts/Icon.tsx';
import { Menu } from '../parts/Menu.tsx';
import { soundName } from '../../units/sound.ts';
import { useStudio, useStudioStore } from '../studio-context.ts';
import styles from './live.module.css';
import { sourceLevels } from '../meters/meter-words.ts';
import { useChain } from './use-chain.ts';
import { effectLines, effectNames } from './words.ts';

const kinds = ['reverb', 'eq', 'gain', 'limiter'] as const;

/** What goes in, the effects in the order of the sound, what comes out. One stop of the Tab key, with arrows inside. */
export function Chain(): JSX.Element {
  const { effects } = useChain();
  const row = useRef<HTMLOListElement>(null);
  const used = effects.flatMap((placed, slot) => (placed === null ? [] : [slot]));
  const onKeyDown = (event: KeyboardEvent): void => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (way === undefined || event.altKey) return;
    const buttons = [...(row.current?.querySelectorAll<HTMLElement>('[data-slot]') ?? [])];
    const next = buttons[buttons.findIndex((button) => button === document.activeElement) + way];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    next.focus();
    next.click();
  };
  return (
    <ol ref={row} className={styles.chain} aria-label="Effects, in the order of the sound" onKeyDown={onKeyDown}>
      <InputSlot />
      {used.map((slot) => <EffectSlot key={slot} slot={slot} isFirst={slot === used[0]} />)}
      <AddSlot />
      <OutputSlot />
    </ol>
  );
}

function EffectSlot({ slot, isFirst }: { slot: number; isFirst: boolean }): JSX.Element | null {
  const { effects, slot: selected } = useChain();
  const { rate, selectSlot, toggleBypass, removeEffect, moveEffect } = useStudio((state) => ({
    ...{ rate: state.monitor?.rate ?? 44_100, selectSlot: state.selectSlot, toggleBypass: state.toggleBypass, removeEffect: state.removeEffect, moveEffect: state.moveEffect },
  }));
  const placed = effects[slot] ?? null;
  if (placed === null) return null;
  const name = effectNames[placed.effect.kind];
  const [first, second] = effectLines(placed, (placed.latencyFrames / rate) * 1000);
  const isSelected = slot === selected;
  const isAlone = effects[selected] === null && isFirst;
  return (
    <li className={styles.slot} data-selected={isSelected || undefined} data-bypassed={placed.effect.isBypassed || undefined}>
      <button
        type="button" className={styles.slotButton} data-slot={slot} aria-current={isSelected} aria-label={`${name}: ${first}${second === '' ? '' : `, ${second}`}`} tabIndex={isSelected || isAlone ? 0 : -1}
        onClick={() => { selectSlot(slot); }}
        onKeyDown={(event) => {
          if (event.key === 'Delete' || event.key === 'Backspace') removeEffect(slot);
        }}
      >
        <span className={styles.slotName}>{name}</span>
        <span className={placed.fault === null ? styles.slotLine : styles.missing}>{first}</span>
        <span className={styles.slotNote}>{second}</span>
      </button>
      <span className={styles.slotTools}>
        <ToggleButton aria-label={`${name} on`} isSelected={!placed.effect.isBypassed} onChange={() => { toggleBypass(slot); }} excludeFromTabOrder className={styles.power ?? ''}>
          <Icon name="power" />
        </ToggleButton>
        <Menu
          label={`What to do with ${name}`}
          choices={[
            { label: 'Move left', run: () => { moveEffect(slot, -1); }, isDisabled: slot === 0 },
            { label: 'Move right', run: () => { moveEffect(slot, 1); }, isDisabled: slot === effects.length - 1 },
            { label: 'Remove', run: () => { removeEffect(slot); } },
          ]}
        />
      </span>
    </li>
  );
}

function AddSlot(): JSX.Element {
  const addEffect = useStudio((state) => state.addEffect);
  const { isAbsent } = useChain();
  return (
    <li className={styles.add}>
      <Menu label="Add an effect" icon="add" choices={kinds.map((kind) => ({ label: effectNames[kind], run: () => { addEffect(kind); }, isDisabled: isAbsent }))} />
    </li>
  );
}

/** A lying meter of one of the engine's places. */
function EngineMeter({ label, read }: { label: string; read: (meters: Meters) => Meters['master'] | undefined }): JSX.Element {
  const store = useStudioStore();
  const canvas = useRef<HTMLCanvasElement>(null);
  const meter = useRef<Meter>(null);
  useFrame((now) => {
    if (canvas.current === null) return;
    meter.current ??= new Meter(canvas.current, true);
    const meters = store.getState().soundLoad();
    const [left, right] = (meters === null ? undefined : read(meters))?.peak ?? [0, 0];
    meter.current.show(now, left, right);
  });
  return <canvas ref={canvas} role="img" aria-label={label} onClick={() => meter.current?.clear()} />;
}

function InputSlot(): JSX.Element {
  const { source, isSend, monitor, toggleInput } = useStudio((state) => ({ source: state.source, isSend: state.isSend, monitor: state.monitor, toggleInput: state.toggleInput }));
  const isInput = source === 'input';
  const hasInput = (monitor?.inputs ?? 0) > 0;
  const words = isInput ? (hasInput ? `Live, ${monitor?.inputs === 1 ? 'mono' : 'stereo'}` : 'No input is open') : isSend ? 'Sent, after its fader' : source === 'mix' ? 'Sum of the tracks' : 'Stem, before its fader';
  return (
    <li className={styles.end}>
      <span className={styles.endHead}>
        <b>{isInput ? 'Input' : source === 'mix' ? 'Mix' : 'Stem'}</b>
        {isInput && hasInput && (
          <ToggleButton aria-label="Mute input" isSelected={monitor?.input.isMuted ?? true} onChange={toggleInput} className={styles.mute ?? ''}>M</ToggleButton>
        )}
      </span>
      <span className={styles.slotLine}>{words}</span>
      <span className={styles.endMeter}>
        <EngineMeter label="Level going in" read={(meters) => sourceLevels(meters, { source, isSend, monitor })} />
      </span>
    </li>
  );
}

function OutputSlot(): JSX.Element {
  const { monitor, isPageOutput, isDesktop } = useStudio((state) => ({ monitor: state.monitor, isPageOutput: state.output !== null, isDesktop: state.seesPaths }));
  const words = monitor === null ? 'No sound is open' : soundName(monitor, isPageOutput, isDesktop);
  return (
    <li className={styles.end}>
      <span className={styles.endHead}><b>Output</b></span>
      <span className={styles.slotLine}>{words}</span>
      <span className={styles.endMeter}><EngineMeter label="Output level" read={({ master }) => master} /></span>
    </li>
  );
}
