import type { JSX } from 'react';
import type { Project } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';
import { formatDay } from '../../units/dates.ts';
import { inLaneOrder, stemLabel } from '../../units/stems.ts';
import { formatDuration } from '../../units/time.ts';
import { Note } from '../parts/fields.tsx';
import { groupNormLabels } from './group-norms.ts';
import styles from './inspector.module.css';

const signed = (db: number): string => db.toFixed(1).replace('-', '−');

/** A device by its name; one that went away says who finished. */
function backendOf({ backend, device, threads }: Project['report']): string {
  return backend === 'gpu' ? `GPU: ${device}` : `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

/** What made these stems. */
export function ThisSong({ project }: { project: Project }): JSX.Element {
  const { report, stems, createdAt, bytes, folder, missing } = project;
  const lines: [string, string][] = [
    ['Model', report.model.id],
    ['Mode', report.mode === 'full' ? 'Full' : 'Time only'],
    ['Stems', inLaneOrder(stems).map(stemLabel).join(', ')],
    ['Segment', `${Number(report.segmentSeconds.toFixed(2))} s`],
    ['Overlap', `${Math.round(report.overlap * 100)} %`],
    ['Shifts', String(report.shifts)],
    ['Exact sum', report.exactSum ? 'On' : 'Off'],
    ['Backend', `${backendOf(report)}, ${report.precision}`],
    ['Group norm', groupNormLabels[report.groupNorm]],
    ['Made', formatDay(createdAt)],
    ['Took', `${formatDuration(report.seconds)}, ${report.realtimeFactor.toFixed(1)} times real time`],
    ['Memory', `${formatBytes(report.peakRssBytes)} at peak`],
    ['Null depth', report.nullDepthDb === null ? 'exact' : `${signed(report.nullDepthDb)} dBFS`],
    ['On disk', formatBytes(bytes)],
    ['Folder', folder],
  ];
  return (
    <>
      {missing.length > 0 && (
        <div className={styles.notice}>
          <Note tone="warn">Files of this project are missing: {missing.join(', ')}. Separate the song again to get them back.</Note>
        </div>
      )}
      {report.warnings.map(({ code, message }) => (
        <div key={code + message} className={styles.notice}>
          <Note tone="plain">{message}</Note>
        </div>
      ))}
      <dl className={styles.made}>
        {lines.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
