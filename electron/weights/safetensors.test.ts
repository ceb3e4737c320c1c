import { describe, expect, test } from 'vitest';
import { readSafetensors } from './safetensors.ts';
import { MemorySource, rawSafetensors } from './testing-archives.ts';
import { cpuMs, faultOf } from './testing-faults.ts';

const A = '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';
const B = '"b":{"dtype":"BF16","shape":[1,3],"data_offsets":[8,14]}';

function entry(text: string, bytes = 8): Buffer {
  return rawSafetensors(`{"a":${text}}`, Buffer.alloc(bytes));
}

test('reads names, types, shapes and absolute offsets, and not one byte of the tensors', async () => {
  const header = `{"__metadata__":{"kwargs":"{}"},${B},${A}}  `;
  const source = new MemorySource(rawSafetensors(header, Buffer.alloc(14)));
  const { tensors, metadata } = await readSafetensors(source);
  expect(tensors).toEqual([
    { name: 'b', dtype: 'BF16', shape: [1, 3], offset: 8 + header.length + 8, byteLength: 6 },
    { name: 'a', dtype: 'F32', shape: [2], offset: 8 + header.length, byteLength: 8 },
  ]);
  expect(metadata).toEqual(new Map([['kwargs', '{}']]));
  expect(source.bytesRead).toBe(9 + header.length);
});

const zeroSized = '"z":{"dtype":"F16","shape":[0,3],"data_offsets":[8,8]}';

test('a tensor without elements takes no room', async () => {
  const { tensors } = await readSafetensors(new MemorySource(rawSafetensors(`{${zeroSized},${A}}`, Buffer.alloc(8))));
  expect(tensors.map(({ byteLength }) => byteLength)).toEqual([0, 8]);
});

describe('refuses', () => {
  const attacks: Record<string, [Buffer, string]> = {
    'an empty file': [Buffer.alloc(0), 'has no safetensors header'],
    'eight bytes': [Buffer.alloc(8), 'has no safetensors header'],
    'a header that is no object': [rawSafetensors('[]', Buffer.alloc(8)), 'has no safetensors header'],
    'a header of 2^64 - 1 bytes': [rawSafetensors(`{${A}}`, Buffer.alloc(8), 2n ** 64n - 1n), 'claims a header of 18446744073709551615 bytes'],
    'a header of 2^63 bytes': [rawSafetensors(`{${A}}`, Buffer.alloc(8), 2n ** 63n), 'claims a header of 9223372036854775808 bytes'],
    'a header just past the bound': [rawSafetensors(`{${A}}`, Buffer.alloc(8), 4194305n), 'at most 4194304 are allowed'],
    'a header past the end': [rawSafetensors(`{${A}}`, Buffer.alloc(8), 2000n), 'ends inside its header'],
    'a header that is not UTF-8': [rawSafetensors(Buffer.concat([Buffer.from('{"'), Buffer.from([0xff]), Buffer.from('":1}')]), Buffer.alloc(8)), 'is not UTF-8'],
    'broken JSON': [rawSafetensors('{"a":', Buffer.alloc(8)), 'its header is not valid JSON'],
    'deep JSON': [rawSafetensors(`{"a":${'['.repeat(100_000)}`, Buffer.alloc(8)), 'is nested deeper than 4 levels'],
    'deep objects': [rawSafetensors('{"a":'.repeat(100_000), Buffer.alloc(8)), 'is nested deeper than 4 levels'],
    'a million values': [rawSafetensors(`{"a":[${'0,'.repeat(1_000_000)}0]}`, Buffer.alloc(8)), 'holds more than 262144 values'],
    'a name twice': [rawSafetensors(`{${A},${A}}`, Buffer.alloc(8)), 'holds the name "a" twice'],
    'a name twice, once escaped': [rawSafetensors(`{${A},${A.replace('"a"', '"\\u0061"')}}`, Buffer.alloc(8)), 'holds the name "a" twice'],
    'a field twice': [entry('{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}'), 'holds the name "shape" twice'],
    '__proto__': [rawSafetensors(`{"__proto__":${A.slice(4)}}`, Buffer.alloc(8)), '"__proto__", which is not allowed'],
    'a name that is a terminal command': [rawSafetensors('{"\\u001b[2J":{}}', Buffer.alloc(8)), 'the unusable name "\\u{1b}[2J"'],
    'an empty name': [rawSafetensors('{"":{}}', Buffer.alloc(8)), 'the unusable name ""'],
    'an endless name': [rawSafetensors(`{"${'a'.repeat(100_000)}":{}}`, Buffer.alloc(8)), 'the unusable name "aaa'],
    'an unknown field': [entry('{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}'), 'the header entry of tensor a is malformed'],
    'an entry that is a number': [entry('7'), 'the header entry of tensor a is malformed'],
    'a missing shape': [entry('{"dtype":"F32","data_offsets":[0,8]}'), 'tensor a is malformed at "shape"'],
    'a negative size': [entry('{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}'), 'tensor a is malformed at "shape.0"'],
    'half a size': [entry('{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}'), 'tensor a is malformed at "shape.0"'],
    'a size past 2^53': [entry('{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]}'), 'tensor a is malformed at "shape.0"'],
    'an infinite size': [entry('{"dtype":"F32","shape":[1e999],"data_offsets":[0,8]}'), 'tensor a is malformed at "shape.0"'],
    'nine axes': [entry('{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}'), 'tensor a is malformed at "shape"'],
    'sizes whose product overflows': [entry('{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}'), 'not those of its shape'],
    'sizes whose product is right modulo 2^64': [entry('{"dtype":"F32","shape":[2,4611686018427387904,4],"data_offsets":[0,8]}'), 'tensor a is malformed at "shape.1"'],
    'three offsets': [entry('{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}'), 'tensor a is malformed at "data_offsets"'],
    'offsets in reverse': [entry('{"dtype":"F32","shape":[2],"data_offsets":[8,0]}'), 'tensor a has -8 bytes'],
    'negative offsets': [entry('{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}'), 'tensor a is malformed at "data_offsets.0"'],
    'too few bytes for the shape': [entry('{"dtype":"F32","shape":[3],"data_offsets":[0,8]}'), 'tensor a has 8 bytes, not those of its shape [3]'],
    'int64': [entry('{"dtype":"I64","shape":[1],"data_offsets":[0,8]}'), 'tensor a has dtype "I64"'],
    'a dtype from the prototype': [entry('{"dtype":"constructor","shape":[1],"data_offsets":[0,8]}'), 'tensor a has dtype "constructor"'],
    'bytes past the end': [rawSafetensors(`{${A},${B}}`, Buffer.alloc(13)), 'is truncated'],
    'bytes behind the last tensor': [rawSafetensors(`{${A},${B}}`, Buffer.alloc(15)), 'goes on behind its last tensor'],
    'an overlap': [rawSafetensors(`{${A},${B.replace('[8,14]', '[4,10]')}}`, Buffer.alloc(10)), 'tensor b overlaps the one before it'],
    'two tensors in one place': [rawSafetensors(`{${A},${A.replace('"a"', '"c"')}}`, Buffer.alloc(8)), 'tensor c overlaps the one before it'],
    'a gap': [rawSafetensors(`{${A},${B.replace('[8,14]', '[10,16]')}}`, Buffer.alloc(16)), 'tensor b leaves a gap before it'],
    'no tensors': [rawSafetensors('{}', Buffer.alloc(0)), 'holds 0 tensors'],
    'too many tensors': [rawSafetensors(`{${Array.from({ length: 17_000 }, (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join()}}`, Buffer.alloc(0)), 'holds 17000 tensors'],
    'metadata that is not text': [rawSafetensors(`{"__metadata__":{"x":1},${A}}`, Buffer.alloc(8)), 'its __metadata__ is not a map of text to text'],
  };

  test.each(Object.entries(attacks))('%s', async (_, [bytes, message]) => {
    const source = new MemorySource(bytes);
    const started = cpuMs();
    expect((await faultOf(readSafetensors(source))).message).toContain(message);
    expect(cpuMs() - started).toBeLessThan(1000);
    expect(source.bytesRead).toBeLessThanOrEqual(bytes.length + 9);
  });
});
