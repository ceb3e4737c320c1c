import { useEffect, type JSX } from 'react';
import { useStudio, useStudioStore } from '../studio-context.ts';
import type { Effect } from '../../store/types.ts';
import { Button } from '../parts/controls.tsx';
import { Chain } from './Chain.tsx';
import { ChainBar } from './ChainBar.tsx';
import { EqPanel } from './EqPanel.tsx';
import styles from './live.module.css';
import { LiveFigure, type Figure } from './LiveFigure.tsx';
import { LiveNotes } from './LiveNotes.tsx';
import { effectAt, reductionWords } from '../meters/meter-words.ts';
import { Param } from './Param.tsx';
import { ReverbPanel } from './ReverbPanel.tsx';
import { linear } from './scales.ts';
import { useChain } from './use-chain.ts';
import { effectNames } from './words.ts';

const gain = linear(-60, 24, 0, 0.5, ['dB', 'decibels'], 1);
const ceiling = linear(-24, 0, -1, 0.1, ['dBTP', 'decibels true peak'], 1);

/** The chain in the order of the sound, and below it what is selected in it. */
export function Live(): JSX.Element {
  const store = useStudioStore();
  const isConnected = useStudio((state) => state.isConnected);
  useEffect(() => {
    if (!isConnected) return;
    const { openSound, loadDevices, loadChains, loadResponses, attempt } = store.getState();
    void openSound();
    void loadDevices();
    void attempt(loadChains);
    void loadResponses();
  }, [store, isConnected]);
  return (
    <div className={styles.body}>
      <LiveNotes />
      <ChainBar />
      <Chain />
      <Selected />
    </div>
  );
}

function Selected(): JSX.Element {
  const putEffect = useStudio((state) => state.putEffect);
  const { placed, slot, effects } = useChain();
  const change = (effect: Effect): void => {
    putEffect(slot, effect);
  };
  if (placed === null) return effects.every((each) => each === null) ? <NoEffect /> : <p className={styles.hint}>Choose an effect in the chain to change it.</p>;
  const { effect } = placed;
  switch (effect.kind) {
    case 'reverb':
      return <ReverbPanel placed={placed} effect={effect} onChange={change} />;
    case 'eq':
      return <EqPanel effect={effect} onChange={change} />;
    case 'gain':
      return (
        <Single name={effectNames.gain}>
          <Param label="Gain" scale={gain} value={effect.gainDb} isCentred onChange={(gainDb) => { change({ ...effect, gainDb }); }} />
        </Single>
      );
    case 'limiter':
      return (
        <Single name={effectNames.limiter} figure={(meters) => reductionWords(effectAt(meters, placed.place))}>
          <Param label="Ceiling" scale={ceiling} value={effect.ceilingDb} onChange={(ceilingDb) => { change({ ...effect, ceilingDb }); }} />
        </Single>
      );
  }
}

/** @param figure what it does now */
function Single({ name, figure, children }: { name: string; figure?: Figure; children: JSX.Element }): JSX.Element {
  return (
    <>
      <div className={styles.bar}>
        <h2>{name}</h2>
        {figure !== undefined && <span className={styles.dim}><LiveFigure read={figure} /></span>}
      </div>
      <div className={styles.params} role="group" aria-label={name}>{children}</div>
    </>
  );
}

/** Nothing in the chain: what can be done about it. */
function NoEffect(): JSX.Element {
  const { addEffect, source, song } = useStudio((state) => ({ addEffect: state.addEffect, source: state.source, song: state.song }));
  const { isAbsent } = useChain();
  const why = !isAbsent ? 'Choose a response at the left to hear it, or add another effect.' : song === null && source !== 'input' ? 'Open a song in the studio, or choose the live input.' : 'Sound is being opened.';
  return (
    <div className={styles.empty}>
      <h2>No effect in this chain</h2>
      <p>{why}</p>
      <Button look="primary" isBig isDisabled={isAbsent} onPress={() => { addEffect('reverb'); }}>Add a convolution reverb</Button>
    </div>
  );
}
