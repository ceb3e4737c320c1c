import { describe, expect, it } from 'vitest';
import { groupStems, type StemChoice } from './stems.ts';

const sources = ['drums', 'bass', 'other', 'vocals'];
const choice: StemChoice = { stems: null, twoStems: null, exactSum: false };

function names(options: Partial<StemChoice>) {
  return groupStems(sources, { ...choice, ...options }).map(({ name, isWritten, sources: of }) => `${isWritten ? name : `(${name})`}=${of.join('+')}`);
}

describe('what is made of the sources', () => {
  it('each one by itself', () => {
    expect(names({})).toEqual(['drums=drums', 'bass=bass', 'other=other', 'vocals=vocals']);
  });

  it('some, and the rest in one for the null depth', () => {
    expect(names({ stems: ['vocals', 'drums'] })).toEqual(['drums=drums', 'vocals=vocals', '(rest)=bass+other']);
  });

  it('some, with all kept apart when each takes its share of the residual', () => {
    expect(names({ stems: ['vocals'], exactSum: true })).toEqual(['(drums)=drums', '(bass)=bass', '(other)=other', 'vocals=vocals']);
  });

  it('one and everything else', () => {
    expect(names({ twoStems: 'vocals' })).toEqual(['vocals=vocals', 'no_vocals=drums+bass+other']);
  });
});

it.each([{ stems: ['guitar'] }, { twoStems: 'guitar' }])('%j is not one of the stems', (options) => {
  expect(() => groupStems(sources, { ...choice, ...options })).toThrow('no stem "guitar"');
});

it('a model of one stem cannot be split in two', () => {
  expect(() => groupStems(['sound'], { ...choice, twoStems: 'sound' })).toThrow('no stem beside');
});
