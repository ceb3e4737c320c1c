import type { JSX, ReactNode } from 'react';
import type { QueueOptions } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';
import { formatDuration } from '../../units/time.ts';
import { inLaneOrder, stemColour, stemLabel } from '../../units/stems.ts';
import { Check, Picker, Range, Segmented, Switch } from '../parts/controls.tsx';
import { Note, NumberInput } from '../parts/fields.tsx';
import { PresetRow } from '../presets/PresetRow.tsx';
import { planWarnings } from '../rail/words.ts';
import { useStudio } from '../studio-context.ts';
import { groupNormCost, modeCost, modelCost, overlapCost, precisionCost, segmentCost, shiftsCost } from './costs.ts';
import { groupNormLabels } from './group-norms.ts';
import styles from './inspector.module.css';

const overlaps = [0.1, 0.25, 0.5];
const groupNorms = ['welford', 'kahan', 'standard'] as const;
const shiftCounts = [0, 1, 2, 5];

export function NextRun(): JSX.Element {
  const options = useStudio((state) => state.settings.lastOptions);
  return (
    <>
      <PresetRow />
      <ModelRows options={options} />
      <StemRow options={options} />
      <QualityRows options={options} />
      <ComputeRows options={options} />
      <BackendRow />
    </>
  );
}

function Row({ label, cost, hasFigures = false, children }: { label: string; cost?: string; hasFigures?: boolean; children: ReactNode }): JSX.Element {
  return (
    <div className={styles.row}>
      <span className={styles.label}>{label}</span>
      <div className={styles.control}>{children}</div>
      {cost !== undefined && <p className={`${styles.cost ?? ''} ${hasFigures ? (styles.figures ?? '') : ''}`}>{cost}</p>}
    </div>
  );
}

function ModelRows({ options }: { options: QueueOptions }): JSX.Element {
  const { models, costs, setOptions } = useStudio((state) => ({ models: state.models, costs: state.costs, setOptions: state.setOptions }));
  const model = models.find(({ id }) => id === options.model);
  return (
    <>
      <Row label="Model" cost={models.length === 0 ? '–' : modelCost(model, costs)}>
        <Picker label="Model" choices={models.filter(({ sources }) => sources.length > 0).map(({ id, name }) => ({ id, label: name }))} value={options.model} onChange={(id) => { setOptions({ model: id, stems: null }); }} />
      </Row>
      <Row label="Mode" cost={modeCost(model, options, costs)} hasFigures>
        <Segmented
          label="Mode"
          choices={[{ id: 'full', label: 'Full' }, { id: 'time-only', label: 'Time only' }]}
          value={options.mode}
          onChange={(mode) => { setOptions({ mode: mode === 'full' ? 'full' : 'time-only' }); }}
        />
      </Row>
    </>
  );
}

function StemRow({ options }: { options: QueueOptions }): JSX.Element | null {
  const { models, setOptions } = useStudio((state) => ({ models: state.models, setOptions: state.setOptions }));
  const sources = models.find(({ id }) => id === options.model)?.sources ?? [];
  if (sources.length === 0) return null;
  const chosen = options.stems ?? sources;
  const toggle = (name: string, isOn: boolean): void => {
    const next = sources.filter((each) => (each === name ? isOn : chosen.includes(each)));
    if (next.length > 0) setOptions({ stems: next.length === sources.length ? null : next });
  };
  return (
    <Row label="Stems" cost="Fewer take less disk space, not less time.">
      <div role="group" aria-label="Stems" className={styles.stems}>
        {inLaneOrder(sources).map((name) => (
          <Check key={name} isOn={chosen.includes(name)} colour={stemColour(name)} onChange={(isOn) => { toggle(name, isOn); }}>
            {stemLabel(name)}
          </Check>
        ))}
      </div>
    </Row>
  );
}

function QualityRows({ options }: { options: QueueOptions }): JSX.Element {
  const { costs, setOptions } = useStudio((state) => ({ costs: state.costs, setOptions: state.setOptions }));
  const isTrained = options.segmentSeconds === null;
  return (
    <>
      <Row label="Segment" cost={segmentCost(options, costs)} hasFigures>
        <Segmented
          label="Segment"
          choices={[{ id: 'model', label: 'Model’s' }, { id: 'own', label: 'Own' }]}
          value={isTrained ? 'model' : 'own'}
          onChange={(id) => { setOptions({ segmentSeconds: id === 'model' ? null : 8 }); }}
        />
      </Row>
      {options.segmentSeconds !== null && (
        <Row label="Length">
          <Range label="Segment length" value={options.segmentSeconds} least={1} most={60} step={1} show={(value) => `${value} s`} onChange={(segmentSeconds) => { setOptions({ segmentSeconds }); }} />
        </Row>
      )}
      <Row label="Overlap" cost={overlapCost(options, costs)} hasFigures>
        <Segmented
          label="Overlap"
          choices={overlaps.map((value) => ({ id: String(value), label: `${value * 100} %` }))}
          value={String(options.overlap)}
          onChange={(value) => { setOptions({ overlap: Number(value) }); }}
        />
      </Row>
      <Row label="Shifts" cost={shiftsCost(options, costs)} hasFigures>
        <Segmented
          label="Shifts"
          choices={shiftCounts.map((value) => ({ id: String(value), label: String(value) }))}
          value={String(options.shifts)}
          onChange={(value) => { setOptions({ shifts: Number(value) }); }}
        />
      </Row>
      {options.shifts > 0 && (
        <Row label="Seed" cost="The same seed gives the same shifts, and so the same stems.">
          <NumberInput label="Seed" value={options.seed} least={0} most={0xffff_ffff} onChange={(seed) => { setOptions({ seed }); }} />
        </Row>
      )}
      <Row label="Exact sum" cost="Stems add up to the song. Costs next to nothing.">
        <Switch label="Exact sum" isOn={options.exactSum} onChange={(exactSum) => { setOptions({ exactSum }); }} />
      </Row>
    </>
  );
}

/** How the network's sums are made. */
function ComputeRows({ options }: { options: QueueOptions }): JSX.Element {
  const { costs, hasBf16, setOptions } = useStudio((state) => ({ costs: state.costs, hasBf16: (state.info?.engine.bf16 ?? null) !== null, setOptions: state.setOptions }));
  return (
    <>
      <Row label="Precision" cost={precisionCost(options, costs, hasBf16)} hasFigures>
        <Segmented
          label="Precision"
          choices={[{ id: 'fp32', label: 'fp32' }, { id: 'bf16', label: 'bf16', isDisabled: !hasBf16 }]}
          value={options.precision}
          onChange={(id) => { setOptions({ precision: id === 'bf16' ? 'bf16' : 'fp32' }); }}
        />
      </Row>
      <Row label="Group norm" cost={groupNormCost(options)}>
        <Segmented
          label="Group norm"
          choices={groupNorms.map((id) => ({ id, label: groupNormLabels[id] }))}
          value={options.groupNorm}
          onChange={(id) => { setOptions({ groupNorm: groupNorms.find((each) => each === id) ?? 'welford' }); }}
        />
      </Row>
    </>
  );
}

/** What there is to compute on; to be changed in the settings. */
function BackendRow(): JSX.Element {
  const { info, settings, setDialog } = useStudio((state) => ({ info: state.info, settings: state.settings, setDialog: state.setDialog }));
  const threads = settings.threads ?? info?.engine.threads ?? 1;
  const gpu = info?.backends.find(({ id }) => id === 'gpu');
  const device = info?.gpus.find(({ id, isPreferred }) => (settings.gpuDevice === null ? isPreferred : id === settings.gpuDevice));
  const cpu = `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const text = device === undefined || settings.backend === 'cpu' ? cpu : settings.backend === 'gpu' ? device.name : `${device.name} where it is faster, else ${cpu}`;
  return (
    <Row label="Backend" {...(gpu === undefined || gpu.isAvailable ? {} : { cost: `GPU: ${gpu.reason}` })}>
      <button type="button" className={styles.plain} onClick={() => { setDialog('settings'); }}>{text}</button>
    </Row>
  );
}

/** What the next run takes, always in sight. */
export function Totals(): JSX.Element {
  const { plan, options, memory } = useStudio((state) => ({ plan: state.costs.now, options: state.settings.lastOptions, memory: state.info?.memoryBytes ?? null }));
  const { seconds = null, isRough = false, memoryBytes = null, diskBytes = null } = plan?.predicted ?? {};
  const stems = plan?.stems.length ?? options.stems?.length;
  const lines: [string, string][] = [
    [plan === undefined ? 'Next run' : 'Next run of this song', seconds === null ? '–' : `${isRough ? 'up to ' : ''}${formatDuration(seconds)}`],
    ['Memory at peak', memoryBytes === null ? '–' : `${formatBytes(memoryBytes)}${memory === null ? '' : ` of ${formatBytes(memory)}`}`],
    [`Disk${stems === undefined ? '' : ` for ${stems} ${stems === 1 ? 'stem' : 'stems'}`}`, diskBytes === null ? '–' : formatBytes(diskBytes)],
  ];
  const warnings = plan === undefined ? [] : planWarnings({ ok: true, plan }, memory);
  return (
    <div className={styles.totals}>
      <dl>
        {lines.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {warnings.map((warning) => (
        <Note key={warning} tone="warn">{warning}</Note>
      ))}
      <p>{isRough ? 'Timed on a busy machine: may be faster.' : 'Songs in the queue keep their own settings.'}</p>
    </div>
  );
}
