import type { JSX } from 'react';
import { printProblem } from '../../store/prints.ts';
import { sameChain, sentDb, sentGain, sources } from '../../store/rack.ts';
import { toGain } from '../../units/levels.ts';
import { stemLabel } from '../../units/stems.ts';
import { Bar, Button, Picker, Segmented } from '../parts/controls.tsx';
import { Menu } from '../parts/Menu.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './live.module.css';
import { Param } from './Param.tsx';
import { level } from './scales.ts';
import { useChain } from './use-chain.ts';

const noPreset = '';

/** Which chain is shown, as insert or send, by which preset, and its print. */
export function ChainBar(): JSX.Element {
  const { source, isSend, monitor, setSource, setSend, setSentGain } = useStudio((state) => ({
    ...{ source: state.source, isSend: state.isSend, monitor: state.monitor },
    ...{ setSource: state.setSource, setSend: state.setSend, setSentGain: state.setSentGain },
  }));
  const names: Readonly<Record<string, string>> = { mix: 'Whole mix', input: 'Live input' };
  return (
    <div className={styles.bar}>
      <h1>Chain</h1>
      <div className={styles.source}>
        <Picker label="What goes through the chain" choices={sources(monitor).map(({ id, name }) => ({ id, label: names[id] ?? stemLabel(name) }))} value={source} onChange={setSource} />
      </div>
      <ChainPresets />
      <span className={styles.grow} />
      {isSend && (
        <div className={styles.sent}>
          <Param label="Send" scale={level} value={sentDb(sentGain(source, monitor))} onChange={(db) => { setSentGain(db === -Infinity ? 0 : toGain(db)); }} />
        </div>
      )}
      <span className={styles.dim}>Use as</span>
      <div className={styles.use}>
        <Segmented label="Use as" choices={[{ id: 'insert', label: 'Insert' }, { id: 'send', label: 'Send' }]} value={isSend ? 'send' : 'insert'} onChange={(id) => { setSend(id === 'send'); }} />
      </div>
      <PrintRun />
    </div>
  );
}

function ChainPresets(): JSX.Element {
  const { chains, chainName, applyChain, leaveChain, removeChain, setDialog } = useStudio((state) => ({
    ...{ chains: state.chains, chainName: state.chainName, applyChain: state.applyChain, leaveChain: state.leaveChain, removeChain: state.removeChain, setDialog: state.setDialog },
  }));
  const { effects, isAbsent } = useChain();
  const chosen = chains.find(({ name }) => name === chainName);
  const isEmpty = effects.every((placed) => placed === null);
  const isEdited = chosen !== undefined && !sameChain(effects, chosen);
  return (
    <div className={styles.presets}>
      <Picker
        label="Chain preset"
        choices={[{ id: noPreset, label: chains.length === 0 ? 'No presets yet' : 'No preset' }, ...chains.map(({ name }) => ({ id: name, label: name }))]}
        value={chosen?.name ?? noPreset}
        onChange={(name) => { if (name === noPreset) leaveChain(); else if (!isAbsent) void applyChain(name); }}
      />
      <span className={styles.dim}>{isEdited ? 'edited' : ''}</span>
      <Menu
        label="Save or remove a chain preset"
        choices={[
          { label: 'Save this chain…', run: () => { setDialog('chain'); }, isDisabled: isEmpty },
          { label: 'Back to the preset', run: () => { if (chosen !== undefined) void applyChain(chosen.name); }, isDisabled: !isEdited },
          { label: chosen === undefined ? 'Remove the preset' : `Remove ${chosen.name}`, run: () => { if (chosen !== undefined) removeChain(chosen.name); }, isDisabled: chosen === undefined },
        ]}
      />
    </div>
  );
}

/** The print that goes on, else the button that begins one. */
function PrintRun(): JSX.Element {
  const { task, cancelTask } = useStudio((state) => ({ task: state.tasks.find(({ kind, state: at }) => kind === 'print' && at === 'running'), cancelTask: state.cancelTask }));
  if (task === undefined) return <PrintButton />;
  const percent = Math.floor((task.fraction ?? 0) * 100);
  return (
    <div className={styles.print}>
      <Bar label={`Printing ${task.subject}`} fraction={task.fraction ?? 0} text={`${percent} percent`} />
      <span className={styles.dim}>{percent} %</span>
      <Button onPress={() => { cancelTask(task.id); }}>Cancel</Button>
    </div>
  );
}

/** Renders what is shown through its chain. */
function PrintButton(): JSX.Element {
  const { source, isSend, finished, setDialog } = useStudio((state) => ({ source: state.source, isSend: state.isSend, finished: state.finished, setDialog: state.setDialog }));
  const { effects } = useChain();
  const why = printProblem({ source, isSend, finished }, effects.every((placed) => placed === null));
  const what = isSend ? 'what the send makes of what it is sent' : source === 'mix' ? 'the whole mix, as it is heard' : 'the stem through this chain';
  return (
    <span title={why ?? `Renders ${what}, to a new track`}>
      <Button why={why} onPress={() => { setDialog('print'); }}>Print to stem</Button>
    </span>
  );
}
