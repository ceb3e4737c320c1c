/** How the contract's tiles of a spectrum lie: `level` halves the columns a second each time. */
export const tileColumns = 256;
export const tileRows = 256;
const finestHop = 512;
const lowestHertz = 30;

/** Frames from column to column. */
export function hopOf(level: number): number {
  return finestHop * 2 ** level;
}

/** The level whose columns are about as wide as a picture's. @param frames of the track: no level is coarser than one tile for all of it */
export function levelFor(framesPerColumn: number, frames: number): number {
  const coarsest = Math.max(0, Math.ceil(Math.log2(frames / (finestHop * tileColumns))));
  return Math.min(coarsest, Math.max(0, Math.round(Math.log2(framesPerColumn / finestHop))));
}

/** The tiles that show frames [from, to), first and last, within the track. */
export function tilesOf(level: number, from: number, to: number, frames: number): [first: number, last: number] {
  const size = hopOf(level) * tileColumns;
  const last = Math.max(0, Math.ceil(frames / size) - 1);
  const held = (index: number): number => Math.min(last, Math.max(0, index));
  return [held(Math.floor(from / size)), held(Math.floor(to / size))];
}

/** 0 at the lowest row, 1 at the highest. */
export function heightOf(hertz: number, rate: number): number {
  return Math.log(hertz / lowestHertz) / Math.log(rate / 2 / lowestHertz);
}
