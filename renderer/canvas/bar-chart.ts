import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { token } from './surface.ts';

export interface BarSeries {
  name: string;
  look: 'now' | 'before' | 'elsewhere';
  values: readonly (number | null)[];
  texts: readonly string[];
}

export interface Bars {
  labels: readonly string[];
  series: readonly BarSeries[];
}

const looks = {
  now: { fill: '--ink', stroke: '--ink', text: '--text', dash: [] },
  before: { fill: '--edge', stroke: '--edge', text: '--text-2', dash: [] },
  elsewhere: { fill: null, stroke: '--text-2', text: '--text-2', dash: [3, 3] },
} as const;

/** Of the room of one label. */
const groupShare = 0.72;
const widestBar = 40;
/** Of the plot's width. */
const share = 2 as unknown as uPlot.Series.BarsPathBuilderFacetUnit;

/** Bars side by side from zero on, with their values printed on them. */
export class BarChart {
  readonly #root: HTMLElement;
  #plot: uPlot | null = null;

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  /** Colours are those of the page's theme now. */
  show(bars: Bars): void {
    this.#plot?.destroy();
    const { clientWidth: width, clientHeight: height } = this.#root;
    if (width === 0 || height === 0 || bars.labels.length === 0) {
      this.#plot = null;
      return;
    }
    const data: uPlot.AlignedData = [bars.labels.map((_, index) => index), ...bars.series.map(({ values }) => [...values])];
    this.#plot = new uPlot(this.#options(bars, width, height), data, this.#root);
  }

  destroy(): void {
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** The picture on the page's ground, with its title and what the bars are. */
  picture(title: string): Promise<Blob | null> {
    const drawn = this.#plot?.ctx.canvas;
    if (drawn === undefined) return Promise.resolve(null);
    const scale = window.devicePixelRatio;
    const head = 32 * scale;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [drawn.width, drawn.height + head];
    const context = canvas.getContext('2d');
    if (context === null) return Promise.resolve(null);
    context.fillStyle = this.#token('--bg-lane');
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = this.#token('--text');
    context.font = this.#font(13 * scale);
    context.textBaseline = 'middle';
    context.fillText(title, 12 * scale, head / 2);
    context.drawImage(drawn, 0, head);
    return new Promise((resolve) => {
      canvas.toBlob(resolve, 'image/png');
    });
  }

  #options({ labels, series }: Bars, width: number, height: number): uPlot.Options {
    const grid = { stroke: this.#token('--grid'), width: 1 };
    const axis = { stroke: this.#token('--text-2'), font: this.#font(11), ticks: { show: false } };
    const lines = Math.max(...labels.map((label) => label.split('\n').length));
    return {
      ...{ width, height, padding: [18, 8, 0, 0] },
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [-0.5, labels.length - 0.5] },
        y: { range: (_, __, most) => [0, most > 0 ? most : 1] },
      },
      axes: [
        { ...axis, grid: { show: false }, size: 10 + 14 * lines, gap: 4, splits: () => labels.map((_, index) => index), values: () => [...labels] },
        { ...axis, grid, size: 48, values: (_, splits) => splits.map((value) => Number(value.toPrecision(6)).toString()) },
      ],
      series: [{}, ...series.map((each, index) => this.#series(each, index, series.length, labels.length, width - 60))],
    };
  }

  #series({ name, look, texts }: BarSeries, index: number, count: number, labels: number, width: number): uPlot.Series {
    const { fill, stroke, text, dash } = looks[look];
    const room = width / labels;
    const bar = Math.min(widestBar, (groupShare * room) / count) / width;
    const offset = (at: number): number => (at + 0.5) / labels + (index - count / 2) * bar;
    return {
      label: name,
      stroke: this.#token(stroke),
      ...(fill === null ? {} : { fill: this.#token(fill) }),
      ...{ width: 1, dash: [...dash], points: { show: false } },
      paths: uPlot.paths.bars?.({
        disp: {
          x0: { unit: share, values: (plot) => (plot.data[0] as number[]).map(offset) },
          size: { unit: share, values: (plot) => (plot.data[0] as number[]).map(() => bar * 0.92) },
        },
        each: (plot, _, at, left, top, wide) => {
          this.#print(plot, texts[at] ?? '', left + wide / 2, top, this.#token(text), (room * groupShare * 1.3 * window.devicePixelRatio) / count);
        },
      }) ?? (() => null),
    };
  }

  /** Where there is room for it. @param left in the canvas's pixels, as `top` */
  #print(plot: uPlot, text: string, left: number, top: number, colour: string, room: number): void {
    const { ctx } = plot;
    ctx.save();
    ctx.font = this.#font(11 * window.devicePixelRatio);
    if (ctx.measureText(text).width <= room) {
      ctx.fillStyle = colour;
      ctx.textAlign = 'center';
      ctx.textBaseline = 'bottom';
      ctx.fillText(text, left, top - 3 * window.devicePixelRatio);
    }
    ctx.restore();
  }

  #font(size: number): string {
    return `${size}px ${this.#token('--font')}`;
  }

  #token(name: string): string {
    return token(this.#root, name);
  }
}
