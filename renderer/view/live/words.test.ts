import { expect, it } from 'vitest';
import { loadWords } from './words.ts';

const of = (load: number, worstLoad = load) => loadWords({ mode: 'direct', load, worstLoad, latencySeconds: 0 }, true);

it.each([
  [of(0.012), '1.2 %', ''],
  [of(0.0004), '0.04 %', ''],
  [of(0.34), '34 %', ''],
  [of(0.01, 0.99), '1.0 %', ''],
  [of(0.01, 3.4), '1.0 %', ' One block takes 340 %: sound would break off.'],
  [of(1.2, 3), '120 %', ' Too slow to be heard here.'],
  [of(40), '> 999 %', ' Too slow to be heard here.'],
  [loadWords(undefined, false), '…', ''],
  [loadWords(undefined, true), '–', ''],
])('%o', ({ figure, warning }, expected, why) => {
  expect([figure, warning]).toEqual([expected, why]);
});
