import { useEffect, useImperativeHandle, useRef, useState, type JSX, type Ref } from 'react';
import type { BarChart, Bars } from '../../canvas/bar-chart.ts';
import { useTheme } from '../use-theme.ts';
import styles from './bench.module.css';
import { guideNote } from './guide.ts';
import { isMoreBetter, shortNames, type Row } from './rows.ts';

export interface ChartHandle {
  /** Null while nothing is drawn. */
  picture: () => Promise<Blob | null>;
}

/** @param rows of one kind @param compared what the bars beside them are; null: none */
export function ResultChart({ rows, compared, ref }: { rows: readonly Row[]; compared: string | null; ref: Ref<ChartHandle> }): JSX.Element {
  const { title, labels } = shortNames(rows.map(({ name }) => name));
  const unit = rows[0]?.entry.unit ?? '';
  const hasGuide = rows.some(({ guide }) => guide !== null);
  const bars: Bars = {
    labels: labels.map((label) => label.replaceAll(', ', '\n')),
    series: [
      { name: 'now', look: 'now', values: rows.map(({ entry }) => entry.median), texts: rows.map(({ median }) => median) },
      ...(compared === null ? [] : [{ name: compared, look: 'before' as const, values: rows.map(({ before }) => before?.median ?? null), texts: rows.map(({ before }) => (before === null ? '' : Number(before.median.toPrecision(3)).toString())) }]),
      ...(hasGuide ? [{ name: 'M4 Max, guide', look: 'elsewhere' as const, values: rows.map(({ guide }) => guide), texts: rows.map(({ guide }) => (guide === null ? '' : String(guide))) }] : []),
    ],
  };
  const heading = `${title}${unit === '' ? '' : `, ${unit}`}`;
  return (
    <figure className={styles.chart} aria-label={`Chart: ${heading}`}>
      <figcaption className={styles.caption}>
        <span className={styles.strong}>{heading}</span>
        <span className={styles.quiet}>{isMoreBetter(unit) ? 'more is better' : 'less is better'}</span>
        <span className={styles.grow} />
        <span className={styles.legend} data-look="now">now</span>
        {compared !== null && <span className={styles.legend} data-look="before" dir="auto">{compared}</span>}
        {hasGuide && <span className={styles.legend} data-look="elsewhere">M4 Max, guide*</span>}
      </figcaption>
      <Plot bars={bars} title={heading} text={spoken(bars, unit)} ref={ref} />
      {hasGuide && <p className={styles.footnote}>{guideNote}</p>}
    </figure>
  );
}

/** The bars in words. */
function spoken({ labels, series }: Bars, unit: string): string {
  return labels
    .map((label, index) => {
      const figures = series.flatMap(({ name, texts }) => (texts[index] === '' ? [] : [`${name} ${texts[index] ?? ''}`]));
      return `${label.replaceAll('\n', ', ')}: ${figures.join(', ')} ${unit}`;
    })
    .join('; ');
}

function Plot({ bars, title, text, ref }: { bars: Bars; title: string; text: string; ref: Ref<ChartHandle> }): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<BarChart | null>(null);
  const theme = useTheme();
  const key = JSON.stringify(bars);
  useEffect(() => {
    let made: BarChart | null = null;
    let isGone = false;
    // Fetched when it is first drawn.
    void import('../../canvas/bar-chart.ts').then(({ BarChart }) => {
      if (isGone || root.current === null) return;
      made = new BarChart(root.current);
      setChart(made);
    });
    return () => {
      isGone = true;
      made?.destroy();
    };
  }, []);
  useEffect(() => {
    const element = root.current;
    if (chart === null || element === null) return undefined;
    const draw = (): void => {
      chart.show(JSON.parse(key) as Bars);
    };
    const sizes = new ResizeObserver(draw);
    sizes.observe(element);
    draw();
    return () => {
      sizes.disconnect();
    };
  }, [chart, key, theme]);
  useImperativeHandle(ref, () => ({ picture: () => chart?.picture(title) ?? Promise.resolve(null) }), [chart, title]);
  return <div ref={root} role="img" aria-label={text} className={styles.plot} />;
}
