import { useEffect, useRef, useState, type JSX, type ReactNode } from 'react';
import type { RegionTime } from '../../store/arrangement.ts';
import { residualName, originalName } from '../../store/song.ts';
import type { QueueOptions } from '../../store/types.ts';
import { formatDuration, formatPosition } from '../../units/time.ts';
import { stemLabel } from '../../units/stems.ts';
import { Button, IconButton, Picker, Segmented } from '../parts/controls.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './studio.module.css';

const overlaps = [0.1, 0.25, 0.5];
const shiftCounts = [0, 1, 2, 5];

/** How the loop region is to be done anew. Not modal: it can be listened to, and its edges moved, while one decides. */
export function RegionPanel(): JSX.Element | null {
  const isOpen = useStudio((state) => state.isRegionOpen && state.loop !== null && state.finished !== null);
  return isOpen ? <OpenPanel /> : null;
}

function Row({ label, children }: { label: string; children: ReactNode }): JSX.Element {
  return (
    <div className={styles.regionRow}>
      <span className={styles.regionLabel}>{label}</span>
      {children}
    </div>
  );
}

function timeWords(time: RegionTime | null): string {
  if (time === null) return 'How long it takes is not known yet.';
  const { seconds, isRough, isOfThisSong } = time;
  if (isOfThisSong) return `About ${formatDuration(seconds)}, as this song went.`;
  return `${isRough ? 'Up to' : 'About'} ${formatDuration(seconds)}, as measured here.`;
}

function OpenPanel(): JSX.Element {
  const { loop, project, selected, models, lastOptions, time, closeRegion, redoRegion, planRegion } = useStudio((state) => ({
    ...{ loop: state.loop ?? [0, 0], project: state.finished, selected: state.selected, models: state.models, lastOptions: state.settings.lastOptions },
    ...{ time: state.regionTime, closeRegion: state.closeRegion, redoRegion: state.redoRegion, planRegion: state.planRegion },
  }));
  const stem = selected === null || selected === originalName || selected === residualName ? null : selected;
  const [options, setOptions] = useState<QueueOptions>({ ...lastOptions, model: project?.report.model.id ?? lastOptions.model, stems: null });
  const [isOne, setOne] = useState(false);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    panel.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  useEffect(() => {
    planRegion(options);
  }, [planRegion, options, loop, project]);
  const change = (to: Partial<QueueOptions>): void => {
    setOptions({ ...options, ...to });
  };
  const model = models.find(({ id }) => id === options.model);
  const needed = isOne && stem !== null ? [stem] : (project?.stems ?? []);
  const lacks = model === undefined ? [] : needed.filter((name) => !model.sources.includes(name));
  const place = (at: number): string => formatPosition(at).slice(0, -2);
  return (
    <section
      ref={panel}
      tabIndex={-1}
      className={styles.region}
      aria-label="Redo region"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.preventDefault();
        closeRegion();
      }}
    >
      <div className={styles.regionHead}>
        <h2>Redo {place(loop[0])} to {place(loop[1])}</h2>
        <IconButton icon="close" label="Close" keys="Esc" onPress={closeRegion} />
      </div>
      <Row label="Stems">
        <Segmented
          label="Stems to redo"
          choices={[{ id: 'all', label: 'All' }, { id: 'one', label: stem === null ? 'Selected' : stemLabel(stem), isDisabled: stem === null }]}
          value={isOne && stem !== null ? 'one' : 'all'}
          onChange={(id) => { setOne(id === 'one'); }}
        />
      </Row>
      <Row label="Model">
        <Picker label="Model for the region" choices={models.map(({ id, name }) => ({ id, label: name }))} value={options.model} onChange={(id) => { change({ model: id }); }} />
      </Row>
      <Row label="Mode">
        <Segmented
          label="Mode for the region"
          choices={[{ id: 'full', label: 'Full' }, { id: 'time-only', label: 'Time only' }]}
          value={options.mode}
          onChange={(id) => { change({ mode: id === 'full' ? 'full' : 'time-only' }); }}
        />
      </Row>
      <Row label="Shifts">
        <Segmented label="Shifts for the region" choices={shiftCounts.map((value) => ({ id: String(value), label: String(value) }))} value={String(options.shifts)} onChange={(id) => { change({ shifts: Number(id) }); }} />
      </Row>
      <Row label="Overlap">
        <Segmented label="Overlap for the region" choices={overlaps.map((value) => ({ id: String(value), label: `${value * 100} %` }))} value={String(options.overlap)} onChange={(id) => { change({ overlap: Number(id) }); }} />
      </Row>
      <p className={styles.regionCost} role="status">
        {lacks.length > 0
          ? `This model does not give ${lacks.map(stemLabel).join(', ').toLowerCase()}.`
          : `${timeWords(time)} What is replaced is kept and can be undone.`}
      </p>
      <div className={styles.regionFoot}>
        <Button onPress={closeRegion}>Cancel</Button>
        <Button look="primary" isDisabled={lacks.length > 0 || model === undefined} onPress={() => { redoRegion({ options, stems: isOne && stem !== null ? [stem] : null }); }}>
          Redo
        </Button>
      </div>
    </section>
  );
}
