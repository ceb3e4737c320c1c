import { describe, expect, test } from 'vitest';
import { encodeZip, MemorySource, type TestZipEntry } from './testing-archives.ts';
import { cpuMs, faultOf } from './testing-faults.ts';
import { readZip } from './zip.ts';

const one: TestZipEntry = { name: 'x/one', data: Buffer.from('first') };
const two: TestZipEntry = { name: 'x/two', data: Buffer.from('second') };

/** `zip` with `value` written over it: 16 or 32 bits, little-endian, `at` bytes behind the last `signature`. */
function patched(zip: Buffer, signature: number, at: number, value: number, bits: 16 | 32 = 32): Buffer {
  const copy = Buffer.from(zip);
  const needle = Buffer.alloc(4);
  needle.writeUInt32LE(signature);
  const start = copy.lastIndexOf(needle) + at;
  if (bits === 16) {
    copy.writeUInt16LE(value, start);
  } else {
    copy.writeUInt32LE(value, start);
  }
  return copy;
}

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;

test.each([
  ['as PyTorch writes it', { align: 64 }],
  ['with 64-bit fields', { zip64: true }],
  ['with a comment', { comment: 'a comment of some length' }],
])('finds the bytes of stored entries in a zip %s', async (_, options) => {
  const zip = encodeZip([one, two], options);
  const entries = await readZip(new MemorySource(zip));
  expect([...entries.keys()]).toEqual(['x/one', 'x/two']);
  for (const { name, data } of [one, two]) {
    const entry = entries.get(name);
    expect(zip.subarray(entry?.offset, (entry?.offset ?? 0) + (entry?.byteLength ?? 0))).toEqual(data);
  }
});

test('a signature inside the comment is not the end of the directory', async () => {
  const comment = `PK\u0005\u0006${'\0'.repeat(30)}`;
  expect((await readZip(new MemorySource(encodeZip([one], { comment })))).size).toBe(1);
});

describe('refuses', () => {
  const plain = encodeZip([one, two]);
  const wide = encodeZip([one, two], { zip64: true });
  const attacks: Record<string, [Buffer, string]> = {
    'no directory': [Buffer.alloc(100_000), 'has no zip directory'],
    'a few bytes': [Buffer.from('PK\x03\x04'), 'has no zip directory'],
    'bytes behind the end': [Buffer.concat([plain, Buffer.from('x')]), 'has no zip directory'],
    'a compressed entry': [encodeZip([{ ...one, method: 8 }]), 'entry "x/one" is compressed'],
    'an unknown method': [encodeZip([{ ...one, method: 99 }]), 'entry "x/one" is compressed'],
    'an encrypted entry': [encodeZip([{ ...one, flags: 1 }]), 'entry "x/one" is encrypted'],
    'a masked directory': [encodeZip([{ ...one, flags: 0x2000 }]), 'entry "x/one" is encrypted'],
    'an entry compressed in its own header alone': [patched(plain, 0x04034b50, 8, 8, 16), 'entry "x/two" is compressed'],
    'a name twice': [encodeZip([one, one]), 'holds "x/one" twice'],
    'a name that differs from the local one': [encodeZip([{ ...one, claims: { name: '../up' } }]), 'entry "../up" is not where the directory says'],
    'a bomb: two entries in one place': [encodeZip([one, { ...one, name: 'x/two', claims: { offset: 0, name: 'x/one' } }]), 'twice'],
    'entries that overlap': [encodeZip([{ ...one, claims: { byteLength: 20 } }, two]), 'entry "x/two" overlaps the one before it'],
    'an entry that reaches into the directory': [encodeZip([one, { ...two, claims: { byteLength: 60 } }]), 'entry "x/two" reaches into the directory'],
    'an entry of 4 GiB': [encodeZip([{ ...one, claims: { byteLength: 0xfffffffe } }]), 'claims 4294967294, beyond'],
    'an entry of 2^62 bytes': [encodeZip([{ ...one, claims: { byteLength: 2 ** 62 } }], { zip64: true }), 'claims 4611686018427387904, beyond'],
    'an entry past the end': [encodeZip([{ ...one, claims: { offset: 100 } }]), 'has no 35 bytes to read at 100'],
    'zip64 sizes that are missing': [patched(plain, CENTRAL, 24, 0xffffffff), 'entry "x/two" lacks its zip64 sizes'],
    'two lengths': [patched(plain, CENTRAL, 20, 3), 'entry "x/two" is stored but has two lengths'],
    'a directory past the end': [patched(plain, END, 16, 0xfffffff0), 'lies outside the file'],
    'a directory of 4 GB': [patched(plain, END, 12, 0xfffffff0), 'claims a zip directory of 2 entries in 4294967280 bytes'],
    'more entries than the directory holds': [patched(patched(plain, END, 10, 3, 16), END, 8, 3, 16), 'ends after 2 of 3 entries'],
    'two counts of entries': [patched(plain, END, 10, 3, 16), 'in several parts'],
    'a name past the directory': [patched(plain, CENTRAL, 28, 0xffff, 16), 'ends inside entry 1'],
    'a zip64 locator that is missing': [patched(wide, LOCATOR64, 0, 0), 'its zip64 directory is missing'],
    'a zip64 locator that points at itself': [patched(wide, LOCATOR64, 8, wide.length - 60), 'its zip64 directory is missing'],
    'a zip64 locator that points outside': [patched(wide, LOCATOR64, 8, 0xffffff), 'claims 16777215, beyond'],
    'a billion entries': [patched(wide, END64, 32, 1_000_000_000), 'claims 1000000000, beyond'],
    '2^64 - 1 bytes of directory': [patched(patched(wide, END64, 40, 0xffffffff), END64, 44, 0xffffffff), 'claims 18446744073709551615, beyond'],
  };

  test.each(Object.entries(attacks))('%s', async (_, [bytes, message]) => {
    const source = new MemorySource(bytes);
    const started = cpuMs();
    expect((await faultOf(readZip(source))).message).toContain(message);
    expect(cpuMs() - started).toBeLessThan(1000);
    expect(source.bytesRead).toBeLessThan(2 * bytes.length + 1000);
  });
});
