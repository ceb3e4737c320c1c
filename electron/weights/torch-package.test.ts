import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readSingle } from './formats.ts';
import { Dict, readPickle, Tensor } from './pickle.ts';
import { ruleTensors, TINY_KWARGS } from './testing.ts';
import { encodeZip, halfBytes, MemorySource, numpyScalar, packagePickle, pickle, pickled, type TestZipEntry } from './testing-archives.ts';
import { cpuMs, faultOf } from './testing-faults.ts';

const { text, int, tuple, dict, global, storage, tensor } = pickled;

const data0: TestZipEntry = { name: 'm/data/0', data: Buffer.alloc(12) };
const good = tensor(storage('HalfStorage', '0', 6), 0, [2, 3], [3, 1]);

function archive(pkl: Buffer, ...others: TestZipEntry[]): Buffer {
  return encodeZip([{ name: 'm/data.pkl', data: pkl }, data0, ...others]);
}

function withState(...state: [Buffer, Buffer][]): Buffer {
  return archive(packagePickle(TINY_KWARGS, dict(...state)));
}

/** A package whose members are given one by one. */
function raw(kwargs: Buffer, args = tuple()): Buffer {
  return archive(pickle(dict(
    [text('klass'), global('demucs.htdemucs', 'HTDemucs')],
    [text('args'), args],
    [text('kwargs'), kwargs],
    [text('state'), dict([text('w'), good])],
  )));
}

/** Nine lists, each of which holds the one before ten times: a few hundred bytes, 10^9 values when written out. */
function sharedLists(): Buffer {
  const levels = Array.from({ length: 9 }, (_, i) => Buffer.concat([Buffer.from(']('), ...Array.from({ length: 10 }, () => Buffer.from(['h'.charCodeAt(0), i])), Buffer.from('eq'), Buffer.from([i + 1])]));
  return Buffer.concat([Buffer.from('(]q\0'), ...levels, Buffer.from('t')]);
}

function withTensor(value: Buffer): Buffer {
  return withState([text('w'), value]);
}

test('reads a package that PyTorch wrote', async () => {
  // data.pkl of a package in half precision, saved by PyTorch 2.11; its weights follow from the rule with seed 11.
  const pkl = readFileSync(new URL('fixtures/tiny4-data.pkl', import.meta.url));
  const saved = readPickle(pkl);
  const state = saved instanceof Dict ? saved.entries.get('state') : undefined;
  const storages = [...(state instanceof Dict ? state.entries : [])].map(([name, value]): TestZipEntry => {
    const { storage: { key }, shape } = value instanceof Tensor ? value : { storage: { key: '' }, shape: [] };
    const [rule] = ruleTensors([{ name: String(name), shape: [...shape] }], 11);
    return { name: `tiny4/data/${key}`, data: halfBytes(rule?.values ?? new Float32Array()) };
  });
  const bytes = encodeZip([{ name: 'tiny4/data.pkl', data: pkl }, ...storages], { align: 64 });
  const model = await readSingle(new MemorySource(bytes));
  expect(model).toMatchObject({ format: 'demucs-package', modes: ['full'], config: { segment: [3, 10], channels: 8, bottomChannels: 96, tHeads: 4, dconvMode: 3 } });
  expect(model.tensors.length).toBe(465);
  // The digest of the weights in that package, sorted by name.
  const hash = createHash('sha256');
  for (const { offset, byteLength } of model.tensors.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(bytes.subarray(offset, offset + byteLength));
  }
  expect(hash.digest('hex')).toBe('9810bb5cc099a4885c48a1628cbcfaa9ea7948f499323a90708ae4ad06b1cc53');
});

test('a tensor inside a larger storage has its own range', async () => {
  const view = tensor(storage('HalfStorage', '0', 6), 3, [3], [1]);
  const bytes = withState([text('a'), good], [text('b'), view]);
  const { tensors: [a, b] } = await readSingle(new MemorySource(bytes));
  expect(b).toMatchObject({ byteLength: 6, offset: (a?.offset ?? 0) + 6 });
});

describe('refuses', () => {
  const bare = pickle(dict([text('encoder.0.conv.weight'), good]));
  const roformer = pickle(dict([text('state_dict'), dict([text('mask_estimators.0.weight'), good])]));
  const attacks: Record<string, [Buffer, string]> = {
    'a zip of something else': [encodeZip([{ name: 'word/document.xml', data: Buffer.from('x') }]), 'is a zip, but not a PyTorch file'],
    'two pickles': [archive(bare, { name: 'n/data.pkl', data: bare }), 'it needs one data.pkl'],
    'TorchScript': [archive(bare, { name: 'm/code/__torch__.py', data: Buffer.from('x') }), 'is a TorchScript archive'],
    'big-endian weights': [archive(bare, { name: 'm/byteorder', data: Buffer.from('big') }), 'has big-endian weights'],
    'a huge pickle': [archive(Buffer.alloc(3 * 1024 * 1024)), 'its pickle has 3145728 bytes'],
    'a pickle that calls': [archive(pickle(pickled.call(global('os', 'system'), text('id')))), 'its pickle asks for "os.system"'],
    'a state dict alone': [archive(bare), 'holds the weights of a model without its kwargs'],
    'a RoFormer checkpoint': [archive(roformer), 'is a RoFormer model, which is not supported'],
    'another PyTorch file': [archive(pickle(int(1))), 'is a PyTorch file, but not a Demucs package'],
    'a Demucs v3 package': [archive(packagePickle(TINY_KWARGS, dict([text('w'), good]), global('demucs.hdemucs', 'HDemucs'))), 'is a "demucs.hdemucs.HDemucs" model'],
    'a DiffQ package': [withState([text('__quantized'), pickled.bool(true)]), 'is quantised with DiffQ'],
    'no tensors': [withState(), 'holds 0 tensors'],
    'a number among the tensors': [withTensor(int(1)), 'w is not a tensor'],
    'a name that is a number': [withState([int(3), good]), 'the unusable name "3"'],
    'a name with a newline': [withState([text('a\nb'), good]), 'the unusable name "a\\u{a}b"'],
    'an int64 tensor': [withTensor(tensor(storage('LongStorage', '0', 6), 0, [6], [1])), 'tensor w has a "LongStorage"'],
    'a storage that is missing': [withTensor(tensor(storage('HalfStorage', '9', 6), 0, [6], [1])), 'tensor w has no storage of 6 elements'],
    'a storage elsewhere': [withTensor(tensor(storage('HalfStorage', '../data.pkl', 6), 0, [6], [1])), 'tensor w has no storage of 6 elements'],
    'a storage larger than its entry': [withTensor(tensor(storage('HalfStorage', '0', 7), 0, [6], [1])), 'tensor w has no storage of 7 elements'],
    'a storage of another type': [withTensor(tensor(storage('FloatStorage', '0', 6), 0, [6], [1])), 'tensor w has no storage of 6 elements'],
    'an offset past the storage': [withTensor(tensor(storage('HalfStorage', '0', 6), 1, [6], [1])), 'tensor w reaches beyond its storage'],
    'a shape that overflows': [withTensor(tensor(storage('HalfStorage', '0', 6), 0, [2 ** 30, 2 ** 30], [1, 1])), 'tensor w reaches beyond its storage'],
    'too few strides': [withTensor(tensor(storage('HalfStorage', '0', 6), 0, [2, 3], [1])), 'tensor w reaches beyond its storage'],
    'a transposed tensor': [withTensor(tensor(storage('HalfStorage', '0', 6), 0, [2, 3], [1, 2])), 'tensor w is a strided view'],
    'an expanded tensor': [withTensor(tensor(storage('HalfStorage', '0', 6), 0, [6, 1, 1], [0, 0, 0])), 'tensor w is a strided view'],
    'kwargs that hold a tensor': [raw(dict([text('sources'), good])), 'its kwargs hold more than plain values'],
    'kwargs that hold a NumPy scalar': [raw(dict([text('channels'), numpyScalar('numpy.core.multiarray')])), 'its kwargs hold more than plain values'],
    'a NumPy scalar among the tensors': [withTensor(numpyScalar('numpy.core.multiarray')), 'w is not a tensor'],
    'arguments without names': [raw(dict(), tuple(int(1))), 'arguments without names'],
    'kwargs that hold themselves': [raw(Buffer.concat([Buffer.from('}q\x01('), text('a'), Buffer.from('h\x01u')])), 'its kwargs are too large or too deep'],
    'an unknown kwarg': [archive(packagePickle({ ...TINY_KWARGS, surprise: 0 }, dict([text('w'), good]))), 'kwarg "surprise" is not known'],
    'kwargs that share one list a billion times': [raw(dict([text('sources'), sharedLists()])), 'its kwargs are too large or too deep'],
    '__proto__ as a kwarg': [archive(packagePickle(JSON.parse('{"__proto__":1}') as Record<string, unknown>, dict([text('w'), good]))), 'has a kwarg named "__proto__"'],
  };

  test.each(Object.entries(attacks))('%s', async (_, [bytes, message]) => {
    const source = new MemorySource(bytes);
    const started = cpuMs();
    expect((await faultOf(readSingle(source))).message).toContain(message);
    expect(cpuMs() - started).toBeLessThan(1000);
    expect(source.bytesRead).toBeLessThan(3 * bytes.length + 1000);
  });
});
