/** Of the faders: below the lowest level is silence. */
export const maximumDb = 6;
const lowestDb = -60;
const unityPosition = 0.78;

export function toGain(db: number): number {
  return 10 ** (db / 20);
}

/** −Infinity for silence. */
export function toDb(gain: number): number {
  return 20 * Math.log10(gain);
}

/**
 * Where a fader's thumb stands, 0 to 1: the root of the gain up to 0 dB at 78 % of the way, straight above it.
 * @param db −Infinity stands at 0
 */
export function faderPosition(db: number): number {
  if (db >= 0) return unityPosition + (1 - unityPosition) * (Math.min(db, maximumDb) / maximumDb);
  return unityPosition * Math.sqrt(toGain(db));
}

/** The opposite of `faderPosition`, to a tenth of a dB; −Infinity below −60 dB. */
export function faderDb(position: number): number {
  const held = Math.min(1, Math.max(0, position));
  const db = held >= unityPosition ? ((held - unityPosition) / (1 - unityPosition)) * maximumDb : 2 * toDb(held / unityPosition);
  return clampFader(db);
}

export function clampFader(db: number): number {
  if (db < lowestDb) return -Infinity;
  return Math.round(Math.min(db, maximumDb) * 10) / 10;
}

/** From where a step leads: a fader that is all the way down starts at its lowest level. */
export function stepFader(db: number, step: number): number {
  if (db === -Infinity) return step > 0 ? lowestDb : -Infinity;
  return clampFader(db + step);
}

/** "−1.5 dB", "+2.0 dB", "−∞ dB". */
export function formatDb(db: number, digits = 1): string {
  if (db === -Infinity) return '−∞ dB';
  const text = Math.abs(db).toFixed(digits);
  const isZero = Number(text) === 0;
  return `${isZero ? '' : db < 0 ? '−' : '+'}${text} dB`;
}

export function spokenDb(db: number): string {
  if (db === -Infinity) return 'silent';
  const text = String(Math.round(Math.abs(db) * 10) / 10);
  return `${db < 0 && text !== '0' ? 'minus ' : ''}${text} decibels`;
}

/** A level that somebody typed: "-3", "−3.5 dB", "-inf". Null when it is none. */
export function parseDb(text: string): number | null {
  const plain = text.trim().toLowerCase().replace(/\s*db$/, '').replace('−', '-').replace(',', '.');
  if (/^-(?:inf|∞|infinity)$/.test(plain)) return -Infinity;
  return /^[+-]?\d+(?:\.\d+)?$/.test(plain) ? clampFader(Number(plain)) : null;
}

export const panStep = 0.05;

/** A pan, −1 (left) to 1 (right), to a percent. */
export function toPan(value: number): number {
  return Math.round(Math.min(1, Math.max(-1, value)) * 100) / 100;
}

/** A pan that somebody typed: "L 18", "r20", "C", "-18". Null when it is none. */
export function parsePan(text: string): number | null {
  const plain = text.trim().toLowerCase().replace('−', '-').replace(/\s*%$/, '');
  if (/^c(?:entre|enter)?$/.test(plain)) return 0;
  const match = /^([lr]?)\s*([+-]?\d+(?:\.\d+)?)$/.exec(plain);
  if (match === null) return null;
  return toPan((Number(match[2]) / 100) * (match[1] === 'l' ? -1 : 1));
}

/** @param pan −1 (left) to 1 (right) */
export function formatPan(pan: number): string {
  const percent = Math.round(Math.abs(pan) * 100);
  return percent === 0 ? 'C' : `${pan < 0 ? 'L' : 'R'} ${percent}`;
}

export function spokenPan(pan: number): string {
  const percent = Math.round(Math.abs(pan) * 100);
  return percent === 0 ? 'centre' : `${percent} percent ${pan < 0 ? 'left' : 'right'}`;
}
