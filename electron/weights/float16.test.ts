import { expect, test } from 'vitest';
import { decodeBf16, decodeF16, encodeBf16, encodeF16 } from './float16.ts';

const formats = [
  { name: 'half', decode: decodeF16, encode: encodeF16, infinity: 0x7c00 },
  { name: 'bfloat16', decode: decodeBf16, encode: encodeBf16, infinity: 0x7f80 },
];

test.each(formats)('every $name survives the way through float', ({ decode, encode, infinity }) => {
  const wrong = Array.from({ length: 0x10000 }, (_, bits) => bits)
    .filter((bits) => ((bits & 0x7fff) > infinity ? !Number.isNaN(decode(bits)) : encode(decode(bits)) !== bits));
  expect(wrong).toEqual([]);
});

test.each(formats)('$name rounds to the nearest, ties to even', ({ decode, encode, infinity }) => {
  const wrong = Array.from({ length: infinity - 1 }, (_, bits) => bits).filter((bits) => {
    const low = decode(bits);
    const step = decode(bits + 1) - low;
    const even = bits + (bits % 2);
    return encode(low + step * 0.49) !== bits || encode(low + step * 0.51) !== bits + 1
      || encode(low + step / 2) !== even || encode(-low - step / 2) !== (even | 0x8000);
  });
  expect(wrong).toEqual([]);
});

test.each([
  [65_504, 0x7bff],
  [65_519.99, 0x7bff],
  [65_520, 0x7c00],
  [1e30, 0x7c00],
  [-Infinity, 0xfc00],
  [NaN, 0x7e00],
  [2 ** -25, 0],
  [2 ** -25 * 1.001, 1],
  [-0, 0x8000],
])('%d as a half is 0x%x', (value, bits) => {
  expect(encodeF16(value)).toBe(bits);
});

test.each([
  [3.3895e38, 0x7f7f],
  [3.3999e38, 0x7f80],
  [NaN, 0x7fc0],
])('%d as a bfloat16 is 0x%x', (value, bits) => {
  expect(encodeBf16(value)).toBe(bits);
});
