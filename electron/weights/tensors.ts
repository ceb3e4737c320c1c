import type { Dtype } from '../contract/network.ts';

export const DTYPE_BYTES: Record<Dtype, number> = { F32: 4, F16: 2, BF16: 2 };
export const MAX_TENSORS = 16_384;
export const MAX_TENSOR_RANK = 8;

export function isDtype(text: string): text is Dtype {
  return Object.hasOwn(DTYPE_BYTES, text);
}

/** @return the product of `shape`, or null where it passes 2^53 (then no file can hold it) */
export function elementCount(shape: readonly number[]): number | null {
  if (shape.includes(0)) {
    return 0;
  }
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) {
      return null;
    }
  }
  return count;
}

/** Names appear in messages and in written headers: visible ASCII only, of bounded length. */
export function isTensorName(name: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(name);
}
