import { hopOf, levelFor, tileColumns, tileRows, tilesOf } from '../units/spectrum.ts';
import { token } from './surface.ts';
import type { Stretch } from './waveform.ts';

export interface SpectrumPicture {
  /** Undefined until it is there. */
  tile: (level: number, index: number) => Uint8Array | undefined;
  /** Of the track. */
  frames: number;
  /** A token's name. */
  colour: string;
  isDimmed: boolean;
}

/** dBFS of a row that is not seen, and of one that is solid. */
const faintest = -96;
const solid = -18;
/** How opaque a tile's byte is drawn. */
const opacity = Uint8ClampedArray.from({ length: 256 }, (_, byte) => {
  const db = (byte / 255) * 120 - 120;
  return 255 * Math.min(1, Math.max(0, (db - faintest) / (solid - faintest))) ** 1.4;
});

/** Tiles as masks, upright; the colour comes with each picture. */
const masks = new WeakMap<Uint8Array, OffscreenCanvas>();

function maskOf(tile: Uint8Array): OffscreenCanvas {
  const made = masks.get(tile);
  if (made !== undefined) return made;
  const canvas = new OffscreenCanvas(tileColumns, tileRows);
  const image = new ImageData(tileColumns, tileRows);
  for (let column = 0; column < tileColumns; column++) {
    for (let row = 0; row < tileRows; row++) {
      const at = (tileRows - 1 - row) * tileColumns + column;
      image.data[at * 4 + 3] = opacity[tile[column * tileRows + row] ?? 0] ?? 0;
    }
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  masks.set(tile, canvas);
  return canvas;
}

/** Fills the canvas with what is there of the spectrum: the lane's hue, strength as opacity. */
export function paintSpectrum(context: CanvasRenderingContext2D, picture: SpectrumPicture, { start, framesPerColumn }: Stretch): void {
  const { canvas } = context;
  const { width, height } = canvas;
  const { frames, isDimmed } = picture;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalCompositeOperation = 'source-over';
  context.globalAlpha = isDimmed ? Number(token(canvas, '--wave-muted')) : 1;
  context.clearRect(0, 0, width, height);
  const level = levelFor(framesPerColumn, frames);
  const hop = hopOf(level);
  const [first, last] = tilesOf(level, start, start + width * framesPerColumn, frames);
  for (let index = first; index <= last; index++) {
    const tile = picture.tile(level, index);
    if (tile === undefined) continue;
    // A column stands for the frames around its centre.
    const x = ((index * tileColumns - 0.5) * hop - start) / framesPerColumn;
    context.drawImage(maskOf(tile), x, 0, (tileColumns * hop) / framesPerColumn, height);
  }
  context.globalAlpha = 1;
  context.globalCompositeOperation = 'source-in';
  context.fillStyle = token(canvas, isDimmed ? '--text-3' : picture.colour);
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'source-over';
}
