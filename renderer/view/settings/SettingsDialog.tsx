import type { JSX } from 'react';
import { patternProblem } from '../../store/export-parts.ts';
import type { AppInfo, Settings } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';
import { Button, Picker, Range, Segmented, Switch } from '../parts/controls.tsx';
import { FormRow } from '../parts/FormRow.tsx';
import { Sheet, SheetFoot } from '../parts/Sheet.tsx';
import { useStudio } from '../studio-context.ts';
import { FolderField, KeptField } from './KeptField.tsx';
import styles from './settings.module.css';

/** Everything acts at once, and is kept. */
export function SettingsDialog(): JSX.Element {
  const { dialog, setDialog } = useStudio((state) => ({ dialog: state.dialog, setDialog: state.setDialog }));
  return (
    <Sheet title="Settings" size="wide" isOpen={dialog === 'settings'} onClose={() => { setDialog(null); }}>
      <div className={styles.columns}>
        <Engine />
        <Look />
        <Folders />
      </div>
      <SheetFoot note={<Version />}>
        <Button onPress={() => { setDialog('help'); }}>All keys</Button>
        <Button look="primary" onPress={() => { setDialog(null); }}>Close</Button>
      </SheetFoot>
    </Sheet>
  );
}

function Version(): JSX.Element {
  const text = useStudio(({ info }) => (info === null ? '–' : `Stemwright ${info.version}. ${info.cpu}, ${info.engine.isa}${info.engine.bf16 === null ? '' : ` with ${info.engine.bf16}`}, ${formatBytes(info.memoryBytes)} of memory.`));
  return <>{text}</>;
}

const least = 2 ** 28;
const budgets = [0.5e9, 1e9, 2e9, 4e9, 8e9, 16e9, 32e9, 64e9];

/** What the self-test found. */
function verdictOf(gpu: AppInfo['gpus'][number] | undefined): string {
  if (gpu === undefined) {
    return 'None but software drivers, which are taken by name alone.';
  }
  if (gpu.verdict === null) {
    return 'Compared with the CPU before its first song; a device that differs is not used.';
  }
  const { isAccepted, agreementDb, gpuSeconds, cpuSeconds } = gpu.verdict;
  const agreement = `agrees with the CPU to ${agreementDb.toFixed(0)} dB`;
  return isAccepted ? `Tested: ${agreement}, ${(cpuSeconds / gpuSeconds).toFixed(1)} times its speed.` : `Not used: it ${agreement} only, where 60 are needed. A new driver is tested again.`;
}

function Engine(): JSX.Element {
  const { info, settings, plan, setSettings } = useStudio((state) => ({ info: state.info, settings: state.settings, plan: state.costs.now, setSettings: state.setSettings }));
  const all = info?.engine.threads ?? 1;
  const gpu = info?.backends.find(({ id }) => id === 'gpu');
  const gpus = info?.gpus ?? [];
  const memory = info?.memoryBytes ?? 0;
  const { memoryBudgetBytes: budget } = settings;
  const offered = [...new Set([...budgets.filter((bytes) => bytes < memory), ...(budget === null ? [] : [budget])])].filter((bytes) => bytes >= least).sort((a, b) => a - b);
  const follows = plan === undefined ? '' : ` Now segments of ${Number(plan.segmentSeconds.toFixed(1))} s${plan.isSegmentLimited ? ', shortened for it' : ''}${plan.predicted.memoryBytes === null ? '' : `, ${formatBytes(plan.predicted.memoryBytes)}`}.`;
  return (
    <section aria-labelledby="settings-engine" className={styles.section}>
      <h3 id="settings-engine" className={styles.heading}>Engine</h3>
      <FormRow label="Threads" cost="Fewer leave the machine free for other work.">
        <Range label="Threads" value={settings.threads ?? all} least={1} most={Math.max(1, all)} step={1} show={(value) => (value >= all ? `all ${all}` : String(value))} onChange={(threads) => { setSettings({ threads: threads >= all ? null : threads }); }} />
      </FormRow>
      <FormRow label="Backend" cost={gpu === undefined ? 'CPU is always there.' : gpu.reason === '' ? 'Auto takes the GPU where it is faster.' : `GPU: ${gpu.reason}.`}>
        <Segmented
          label="Backend"
          choices={[{ id: 'auto', label: 'Auto' }, { id: 'cpu', label: 'CPU' }, { id: 'gpu', label: 'GPU', isDisabled: gpu?.isAvailable !== true }]}
          value={settings.backend}
          onChange={(id) => { setSettings({ backend: id === 'cpu' || id === 'gpu' ? id : 'auto' }); }}
        />
      </FormRow>
      {gpus.length > 0 && settings.backend !== 'cpu' && (
        <FormRow label="GPU" cost={verdictOf(gpus.find(({ id, isPreferred }) => (settings.gpuDevice === null ? isPreferred : id === settings.gpuDevice)))}>
          <Picker
            label="GPU"
            choices={[{ id: 'none', label: 'The fastest real one' }, ...gpus.map(({ id, name, kind }) => ({ id, label: `${name}, ${kind}` }))]}
            value={settings.gpuDevice ?? 'none'}
            onChange={(id) => { setSettings({ gpuDevice: id === 'none' ? null : id }); }}
          />
        </FormRow>
      )}
      {gpus.length > 0 && settings.backend === 'auto' && (
        <FormRow label="On battery" cost="Auto keeps off the GPU while the machine is hot or saves power, and here on battery too if you like.">
          <Switch label="Use the GPU on battery" isOn={settings.gpuOnBattery} onChange={(gpuOnBattery) => { setSettings({ gpuOnBattery }); }} />
        </FormRow>
      )}
      <FormRow label="Memory budget" cost={`A separation keeps within it by shorter segments, at some cost in quality; past it caches give way.${follows}`}>
        <Picker
          label="Memory budget"
          choices={[{ id: 'none', label: 'None: the model’s own segments' }, ...offered.map((bytes) => ({ id: String(bytes), label: formatBytes(bytes) }))]}
          value={budget === null ? 'none' : String(budget)}
          onChange={(id) => { setSettings({ memoryBudgetBytes: id === 'none' ? null : Number(id) }); }}
        />
      </FormRow>
    </section>
  );
}

const themes: readonly { id: Settings['theme']; label: string }[] = [{ id: 'system', label: 'System' }, { id: 'dark', label: 'Dark' }, { id: 'light', label: 'Light' }];
const motions: readonly { id: Settings['reducedMotion']; label: string }[] = [{ id: 'system', label: 'System' }, { id: 'on', label: 'Reduced' }, { id: 'off', label: 'Full' }];

function Look(): JSX.Element {
  const { settings, setSettings } = useStudio((state) => ({ settings: state.settings, setSettings: state.setSettings }));
  return (
    <section aria-labelledby="settings-look" className={styles.section}>
      <h3 id="settings-look" className={styles.heading}>Look and keys</h3>
      <FormRow label="Theme">
        <Segmented label="Theme" choices={themes} value={settings.theme} onChange={(id) => { setSettings({ theme: themes.find((each) => each.id === id)?.id ?? 'system' }); }} />
      </FormRow>
      <FormRow label="Motion">
        <Segmented label="Motion" choices={motions} value={settings.reducedMotion} onChange={(id) => { setSettings({ reducedMotion: motions.find((each) => each.id === id)?.id ?? 'system' }); }} />
      </FormRow>
      <FormRow label="Letter keys" cost="Single letters such as M and S act on lanes. None does while typing.">
        <Switch label="Single letters are shortcuts" isOn={settings.letterShortcuts} onChange={(letterShortcuts) => { setSettings({ letterShortcuts }); }} />
      </FormRow>
    </section>
  );
}

function Folders(): JSX.Element {
  const { info, settings, setSettings } = useStudio((state) => ({ info: state.info, settings: state.settings, setSettings: state.setSettings }));
  return (
    <section aria-labelledby="settings-folders" className={styles.wide}>
      <h3 id="settings-folders" className={styles.heading}>Folders and names</h3>
      <FormRow label="Models" cost="Gets the models that are installed from now on. Those that are there stay where they are.">
        <FolderField label="Models folder" value={settings.modelsFolder} fallback={info?.modelsFolder ?? ''} onChange={(modelsFolder) => { setSettings({ modelsFolder }); }} />
      </FormRow>
      <FormRow label="Exports" cost={settings.exportFolder === null ? (info?.shell === 'desktop' ? 'Asked each time.' : 'Downloaded by this page.') : 'Each song gets a folder of its own in it.'}>
        <FolderField label="Export folder" value={settings.exportFolder} fallback="" onChange={(exportFolder) => { setSettings({ exportFolder }); }} />
      </FormRow>
      <FormRow label="File names" cost="{song} and {stem} are filled in.">
        <KeptField label="Name pattern" value={settings.namePattern} problemOf={patternProblem} onKeep={(namePattern) => { setSettings({ namePattern }); }} />
      </FormRow>
      <FormRow label="Projects">
        <span className={styles.path}>{info?.projectsFolder ?? '–'}</span>
      </FormRow>
    </section>
  );
}
