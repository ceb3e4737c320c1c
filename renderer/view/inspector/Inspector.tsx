import type { JSX, ReactNode } from 'react';
import type { QueueOptions } from '../../store/types.ts';
import { inLaneOrder, stemColour, stemLabel } from '../../units/stems.ts';
import { Check, Picker, Range, Segmented, Switch } from '../parts/controls.tsx';
import { costLine } from '../rail/words.ts';
import { useStudio } from '../studio-context.ts';
import styles from './inspector.module.css';

const overlaps = [0.1, 0.25, 0.5];
const shiftCounts = [0, 1, 2, 5];

/** Passes over the song, against the usual ones: overlapping segments, and a pass for each shift. */
function timesAsLong({ overlap, shifts }: QueueOptions): number {
  return (0.75 / (1 - overlap)) * Math.max(1, shifts);
}

const figure = (value: number): string => Number(value.toFixed(1)).toString();

export function Inspector(): JSX.Element {
  const { options, models, isWaiting, plan } = useStudio((state) => ({
    ...{ options: state.settings.lastOptions, models: state.models },
    isWaiting: state.items.some(({ state: at }) => at === 'waiting' || at === 'running'),
    plan: state.shown === null ? undefined : state.plans[state.shown.id],
  }));
  const model = models.find(({ id }) => id === options.model);
  return (
    <aside className={styles.side} aria-label="Separation settings">
      <h2 className={styles.section}>
        Separation <span className={styles.end}>for the next song</span>
      </h2>
      <div className={styles.rows}>
        <ModelRows options={options} />
        <StemRow options={options} sources={model?.sources ?? []} />
        <QualityRows options={options} />
        <div className={styles.totals}>
          <p>
            {timesAsLong(options) === 1 ? 'As long as the usual run.' : `${figure(timesAsLong(options))} times as long as the usual run.`} {costLine(plan) === '' ? '' : `This song: ${costLine(plan)}.`}
          </p>
          {isWaiting && <p>Songs in the queue keep the settings that they were added with.</p>}
        </div>
      </div>
    </aside>
  );
}

function Row({ label, cost, children }: { label: string; cost?: string; children: ReactNode }): JSX.Element {
  return (
    <div className={styles.row}>
      <span className={styles.label}>{label}</span>
      <div className={styles.control}>{children}</div>
      {cost !== undefined && <p className={styles.cost}>{cost}</p>}
    </div>
  );
}

function ModelRows({ options }: { options: QueueOptions }): JSX.Element {
  const { models, setOptions } = useStudio((state) => ({ models: state.models, setOptions: state.setOptions }));
  const model = models.find(({ id }) => id === options.model);
  const modes = model?.modes ?? ['full'];
  return (
    <>
      <Row label="Model" cost={model?.description ?? (models.length === 0 ? '–' : 'Not installed.')}>
        <Picker label="Model" choices={models.map(({ id, name }) => ({ id, label: name }))} value={options.model} onChange={(id) => { setOptions({ model: id, stems: null }); }} />
      </Row>
      <Row label="Mode" cost={modes.includes('time-only') ? 'Time only skips the spectrum: about a third of the time, less quality.' : 'This model was trained for full only; time only loses much quality.'}>
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

function StemRow({ options, sources }: { options: QueueOptions; sources: readonly string[] }): JSX.Element | null {
  const setOptions = useStudio((state) => state.setOptions);
  if (sources.length === 0) return null;
  const chosen = options.stems ?? sources;
  const toggle = (name: string, isOn: boolean): void => {
    const next = sources.filter((each) => (each === name ? isOn : chosen.includes(each)));
    if (next.length > 0) setOptions({ stems: next.length === sources.length ? null : next });
  };
  return (
    <Row label="Stems" cost="All are computed in one pass; fewer take less disk space.">
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
  const setOptions = useStudio((state) => state.setOptions);
  const isTrained = options.segmentSeconds === null;
  return (
    <>
      <Row label="Segment" cost={isTrained ? 'As the model was trained: the quality that was measured.' : 'Shorter needs less memory, longer more; both can lose quality.'}>
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
      <Row label="Overlap" cost="50 % takes 1.5 times as long as 25 %, and joins segments more smoothly.">
        <Segmented
          label="Overlap"
          choices={overlaps.map((value) => ({ id: String(value), label: `${value * 100} %` }))}
          value={String(options.overlap)}
          onChange={(value) => { setOptions({ overlap: Number(value) }); }}
        />
      </Row>
      <Row label="Shifts" cost="Averages shifted passes. From 2 on, each is a whole pass more.">
        <Segmented
          label="Shifts"
          choices={shiftCounts.map((value) => ({ id: String(value), label: String(value) }))}
          value={String(options.shifts)}
          onChange={(value) => { setOptions({ shifts: Number(value) }); }}
        />
      </Row>
      <Row label="Exact sum" cost="Shares out what is left, so that the stems add up to the song. Costs next to nothing.">
        <Switch label="Exact sum" isOn={options.exactSum} onChange={(exactSum) => { setOptions({ exactSum }); }} />
      </Row>
    </>
  );
}
