import WaveSurfer from 'wavesurfer.js';
import { afterRest, inFrames, type Resting } from './rest.ts';

/** Seconds of the song. */
export interface Shown {
  start: number;
  span: number;
}

export interface LaneOptions {
  /** Must have a size. */
  host: HTMLElement;
  seconds: number;
  media: HTMLMediaElement;
  /** Of the content security policy, for wavesurfer's style element. */
  nonce: string;
  shown: Shown;
  paint: PaintTile;
}

/** @param start seconds at the left edge @param perPixel seconds across a pixel of the canvas */
export type PaintTile = (context: CanvasRenderingContext2D, start: number, perPixel: number) => void;

/** Beyond these a preview shows too little, and is drawn anew before the zoom rests. */
const leastStretch = 0.4;
const mostStretch = 4;

/**
 * One lane of the arrangement. wavesurfer lays its tiles out, scrolls them and draws those in sight; the picture in each is
 * `paint`'s, straight from the pyramid of peaks at the tile's own resolution. A zoom stretches what is there until it rests.
 */
export class Lane {
  readonly #host: HTMLElement;
  readonly #surfer: WaveSurfer;
  readonly #wrapper: HTMLElement;
  readonly #seconds: number;
  readonly #tiles = new Set<HTMLCanvasElement>();
  readonly #sizes: ResizeObserver;
  readonly #commitLater: Resting;
  #paint: PaintTile;
  #shown: Shown;
  /** CSS pixels. */
  #width: number;
  #height: number;
  /** What the tiles are drawn for: pixels a second, and height. */
  #drawn: { scale: number; height: number };
  /** Pixels; asking the page for it would have it laid out. */
  #scrolled = 0;
  #isReady = false;

  constructor({ host, seconds, media, nonce, shown, paint }: LaneOptions) {
    this.#host = host;
    this.#seconds = seconds;
    this.#paint = paint;
    this.#shown = shown;
    this.#width = host.clientWidth;
    this.#height = host.clientHeight;
    this.#drawn = { scale: this.#scale(), height: this.#height };
    this.#surfer = WaveSurfer.create({
      ...{ container: host, media, duration: seconds, cspNonce: nonce, height: this.#height, minPxPerSec: this.#drawn.scale },
      // A length is all that it needs; the painter reads levels that one array could not hold.
      peaks: [new Float32Array(2)],
      ...{ interact: false, autoScroll: false, autoCenter: false, hideScrollbar: true, cursorWidth: 0 },
      renderFunction: (_, context) => {
        this.#take(context);
      },
    });
    this.#wrapper = this.#surfer.getWrapper();
    this.#commitLater = afterRest(() => {
      this.#commit();
    });
    this.#surfer.once('ready', () => {
      this.#isReady = true;
      this.show(this.#shown);
    });
    this.#sizes = new ResizeObserver(() => {
      this.#resize();
    });
    this.#sizes.observe(host);
  }

  setPainter(paint: PaintTile): void {
    this.#paint = paint;
    this.repaint();
  }

  /** Draws what is there anew, where it is: data, colours or dimming changed. */
  repaint(): void {
    for (const tile of this.#tiles) {
      if (this.#isInSight(tile)) this.#draw(tile);
      else if (tile.width > 0) inFrames(() => { this.#draw(tile); });
    }
  }

  show(shown: Shown): void {
    this.#shown = shown;
    if (!this.#isReady) return;
    const scale = this.#scale();
    const stretch = scale / this.#drawn.scale;
    if (Math.abs(stretch - 1) < 1e-6) {
      this.#wrapper.style.transform = '';
      this.#scrollTo(shown.start * scale);
      return;
    }
    // In the wrapper's own pixels the left edge lies at `start`, wherever wavesurfer has scrolled to.
    const shift = this.#scrolled - shown.start * scale;
    this.#wrapper.style.transformOrigin = '0 0';
    this.#wrapper.style.transform = `translateX(${shift}px) scaleX(${stretch})`;
    this.#commitLater.ask(stretch < leastStretch || stretch > mostStretch);
  }

  destroy(): void {
    this.#commitLater.drop();
    this.#sizes.disconnect();
    this.#surfer.destroy();
    this.#tiles.clear();
  }

  /** Pixels a second; a hair less than fills the lane, which wavesurfer would round up to a pixel more. */
  #scale(): number {
    return (this.#width / this.#shown.span) * (1 - 1e-9);
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#host;
    if (clientWidth === 0 || clientHeight === 0 || (clientWidth === this.#width && clientHeight === this.#height)) return;
    this.#width = clientWidth;
    this.#height = clientHeight;
    this.show(this.#shown);
    this.#commitLater.ask();
  }

  #scrollTo(x: number): void {
    this.#scrolled = Math.round(x);
    this.#surfer.setScroll(this.#scrolled);
  }

  /** Has the tiles drawn for the window and the size as they are now. */
  #commit(): void {
    const scale = this.#scale();
    if (!this.#isReady || (scale === this.#drawn.scale && this.#height === this.#drawn.height)) return;
    this.#drawn = { scale, height: this.#height };
    this.#tiles.clear();
    // Wide enough to scroll before it is drawn, so that it is drawn once, in the right place.
    this.#wrapper.style.transform = '';
    this.#wrapper.style.width = `${Math.ceil(this.#seconds * scale)}px`;
    this.#scrollTo(this.#shown.start * scale);
    this.#surfer.setOptions({ height: this.#height, minPxPerSec: scale });
  }

  /**
   * wavesurfer copies each tile for the part that was played, which we do not show, and would wait for its pixels: a canvas
   * without a size it leaves alone. So tiles get theirs afterwards, those in sight before anything is shown.
   */
  #take({ canvas }: CanvasRenderingContext2D): void {
    canvas.width = 0;
    for (const tile of this.#tiles) if (!tile.isConnected) this.#tiles.delete(tile);
    this.#tiles.add(canvas);
    const paint = (): void => {
      if (!canvas.isConnected) return;
      canvas.width = Math.round(parseFloat(canvas.style.width) * window.devicePixelRatio);
      this.#draw(canvas);
    };
    if (this.#isInSight(canvas)) queueMicrotask(paint);
    else inFrames(paint);
  }

  #isInSight({ style }: HTMLCanvasElement): boolean {
    const left = parseFloat(style.left) - this.#scrolled;
    return left < this.#width && left + parseFloat(style.width) > 0;
  }

  #draw(tile: HTMLCanvasElement): void {
    const context = tile.getContext('2d');
    if (context === null || tile.width === 0) return;
    const { scale } = this.#drawn;
    this.#paint(context, parseFloat(tile.style.left) / scale, parseFloat(tile.style.width) / tile.width / scale);
  }
}
