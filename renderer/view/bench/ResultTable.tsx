import { useRef, type JSX, type KeyboardEvent } from 'react';
import { Icon } from '../parts/Icon.tsx';
import { Hidden } from '../parts/controls.tsx';
import styles from './bench.module.css';
import { sorted, type Row, type RowGroup, type SortKey, type Sorting } from './rows.ts';

interface TableProps {
  groups: readonly RowGroup[];
  compared: string | null;
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
  /** A row's name. */
  selected: string | null;
  onSelect: (name: string) => void;
}

const columnCount = 9;

/** Figures by group; one row is chosen, and arrows go from row to row. */
export function ResultTable({ groups, compared, sorting, onSort, selected, onSelect }: TableProps): JSX.Element {
  const body = useRef<HTMLTableElement>(null);
  const hasGuide = groups.some(({ rows }) => rows.some(({ guide }) => guide !== null));
  const shown = groups.map((group) => ({ ...group, rows: sorted(group.rows, sorting) }));
  const names = shown.flatMap(({ rows }) => rows.map(({ name }) => name));
  const stop = selected !== null && names.includes(selected) ? selected : (names[0] ?? null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || !(event.target instanceof HTMLTableRowElement)) return;
    event.preventDefault();
    const at = Math.min(names.length - 1, Math.max(0, names.indexOf(stop ?? '') + step));
    const next = names[at];
    if (next === undefined) return;
    onSelect(next);
    body.current?.querySelector<HTMLElement>(`tr[data-name="${CSS.escape(next)}"]`)?.focus();
  };
  const head = { sorting, onSort };
  return (
    <table ref={body} role="grid" aria-label="Benchmark results" className={styles.table} onKeyDown={onKeyDown}>
      <thead>
        <tr>
          <Head {...head} id="test" label="Test" />
          <Head {...head} id="median" label="Median" isNumber />
          <Head {...head} id="spread" label="Spread" isNumber />
          <th scope="col">Unit</th>
          <th scope="col" className={styles.number} dir="auto" title={compared ?? undefined}>{compared ?? 'Compared'}</th>
          <Head {...head} id="change" label="Change" isNumber />
          <th scope="col" className={styles.number}>{hasGuide ? 'M4 Max*' : 'M4 Max'}</th>
          <th scope="col">Share of it</th>
          <Head {...head} id="allocations" label="Allocs" isNumber />
        </tr>
      </thead>
      {shown.map(({ id, title, rows, faults }) => (
        <tbody key={id} data-group={id}>
          <tr className={styles.groupRow}>
            <th colSpan={columnCount} scope="rowgroup">{title}</th>
          </tr>
          {rows.map((row) => (
            <ResultRow key={row.name} row={row} isSelected={row.name === selected} isStop={row.name === stop} onSelect={onSelect} />
          ))}
          {faults.map(({ benchmark, message }) => (
            <tr key={benchmark} className={styles.fault}>
              <td>{benchmark}</td>
              <td colSpan={columnCount - 1}>Not measured: {message}</td>
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}

function Head({ id, label, isNumber = false, sorting, onSort }: { id: SortKey; label: string; isNumber?: boolean; sorting: Sorting; onSort: (sorting: Sorting) => void }): JSX.Element {
  const isOn = sorting.key === id;
  const press = (): void => {
    onSort({ key: id, isDescending: isOn && !sorting.isDescending });
  };
  return (
    <th scope="col" aria-sort={isOn ? (sorting.isDescending ? 'descending' : 'ascending') : 'none'} className={isNumber ? styles.number : undefined}>
      <button type="button" className={styles.sort} data-on={isOn || undefined} onClick={press}>
        {label}
        <span className={styles.arrow} data-descending={sorting.isDescending || undefined}>{isOn && <Icon name="down" />}</span>
      </button>
    </th>
  );
}

function ResultRow({ row, isSelected, isStop, onSelect }: { row: Row; isSelected: boolean; isStop: boolean; onSelect: (name: string) => void }): JSX.Element {
  const { name, meaning, entry, median, spread, before, change, guide, share, isRough } = row;
  return (
    <tr data-name={name} aria-selected={isSelected} tabIndex={isStop ? 0 : -1} title={meaning} onClick={() => { onSelect(name); }} onFocus={() => { if (!isSelected) onSelect(name); }}>
      <th scope="row">
        {name}
        {isRough && (
          <span className={styles.rough} title="Other programs kept the machine busy">
            {' '}
            busy<Hidden>: other programs were running</Hidden>
          </span>
        )}
      </th>
      <td className={`${styles.number ?? ''} ${styles.strong ?? ''}`}>{median}</td>
      <td className={`${styles.number ?? ''} ${styles.quiet ?? ''}`}>{spread}</td>
      <td className={styles.quiet}>{entry.unit}</td>
      <td className={styles.number}>{before === null ? '–' : Number(before.median.toPrecision(4))}</td>
      <td className={styles.number} data-verdict={change?.verdict}>{change?.text ?? '–'}</td>
      <td className={`${styles.number ?? ''} ${styles.quiet ?? ''}`}>{guide ?? '–'}</td>
      <td className={styles.mini}>
        {share !== null && (
          <span>
            <i style={{ transform: `scaleX(${Math.min(1, share)})` }} />
            <Hidden>{`${(100 * share).toPrecision(2)} %`}</Hidden>
          </span>
        )}
      </td>
      <td className={`${styles.number ?? ''} ${styles.quiet ?? ''}`}>{entry.allocations ?? '–'}</td>
    </tr>
  );
}
