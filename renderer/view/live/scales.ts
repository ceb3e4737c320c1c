import { clampFader, faderDb, faderPosition, formatDb, maximumDb, parseDb, spokenDb, stepFader } from '../../units/levels.ts';
import type { Law } from '../studio/Fader.tsx';

/** How a parameter is drawn, said, shown and typed. */
export interface Scale {
  law: Law;
  format: (value: number) => string;
  /** Null: what was typed says nothing. */
  parse: (text: string) => number | null;
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

function number(text: string): number | null {
  const match = /^\s*([+-]?\d+(?:\.\d+)?)\s*(k?)/.exec(text.replace('−', '-').replace(',', '.'));
  return match === null ? null : Number(match[1]) * (match[2] === 'k' ? 1000 : 1);
}

/** @param step of an arrow key @param unit as it is written, and as it is said */
export function linear(least: number, most: number, rest: number, step: number, [unit, spokenUnit]: readonly [string, string], digits = 0): Scale {
  const round = (value: number): number => clamp(Number((Math.round(value / step) * step).toFixed(6)), least, most);
  const text = (value: number): string => value.toFixed(digits).replace('-', '−');
  return {
    law: {
      ...{ least, most, rest },
      toPosition: (value) => (clamp(value, least, most) - least) / (most - least),
      toValue: (position) => round(least + position * (most - least)),
      step: (value, steps) => round(value + steps * step),
      spoken: (value) => `${text(value).replace('−', 'minus ')} ${spokenUnit}`,
    },
    format: (value) => `${text(value)} ${unit}`,
    parse: (typed) => {
      const value = number(typed);
      return value === null ? null : clamp(value, least, most);
    },
  };
}

/** Equal ratios are equal ways. An arrow key goes a fiftieth of the whole. */
export function logarithmic(least: number, most: number, rest: number, format: (value: number) => string): Scale {
  const span = Math.log(most / least);
  const place = (value: number): number => Math.log(clamp(value, least, most) / least) / span;
  const at = (position: number): number => Number((least * Math.exp(clamp(position, 0, 1) * span)).toPrecision(3));
  return {
    law: { least, most, rest, toPosition: place, toValue: at, step: (value, steps) => at(place(value) + steps / 50), spoken: format },
    format,
    parse: (typed) => {
      const value = number(typed);
      return value === null ? null : clamp(value, least, most);
    },
  };
}

export const level: Scale = {
  law: { least: -60, most: maximumDb, rest: 0, toPosition: faderPosition, toValue: faderDb, spoken: spokenDb, step: (db, steps) => stepFader(clampFader(db), steps * 0.5) },
  format: (db) => formatDb(db),
  parse: parseDb,
};

export function formatHz(hz: number): string {
  return hz >= 1000 ? `${Number((hz / 1000).toPrecision(3))} kHz` : `${Math.round(hz)} Hz`;
}

export const frequency = logarithmic(20, 20_000, 1000, formatHz);

/** One end of the way is "off". */
export function orOff(scale: Scale, off: 'least' | 'most'): Scale {
  const end = scale.law[off];
  return {
    law: { ...scale.law, rest: end, spoken: (value) => (value === end ? 'off' : scale.law.spoken(value)) },
    format: (value) => (value === end ? 'Off' : scale.format(value)),
    parse: (text) => (/^\s*off\s*$/i.test(text) ? end : scale.parse(text)),
  };
}
