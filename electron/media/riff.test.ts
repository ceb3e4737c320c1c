import { expect, it } from 'vitest';
import { riffClaim } from './riff.ts';
import { wave } from './testing.ts';

const second = Buffer.alloc(44_100 * 8);

it.each([
  ['a whole file', {}, null],
  ['an unknown length of a stream', { claimed: 0xffff_ffff }, null],
  ['twice what is there', { claimed: second.length * 2 }, 2],
  ['more, behind another chunk', { claimed: second.length * 3, extra: Buffer.from('junk\x02\0\0\0ab', 'latin1') }, 3],
  ['no rate', { claimed: second.length * 2, rate: 0 }, null],
  ['another container', { id: 'RF64', claimed: second.length * 2 }, null],
])('%s', (_, header, seconds) => {
  const file = wave(second, header);
  expect(riffClaim(file.subarray(0, 4096), file.length)).toBe(seconds);
});

it('a header cut anywhere claims nothing and does not throw', () => {
  const header = wave(second, { claimed: second.length * 2 }).subarray(0, 44);
  for (let length = 0; length < header.length; length++) {
    expect(riffClaim(header.subarray(0, length), length)).toBeNull();
  }
});
