import { describe, expect, test } from 'vitest';
import { Dict, Fraction, Inert, List, MAX_PICKLE_BYTES, PickleError, readPickle, Tensor, Tuple } from './pickle.ts';
import { contiguousStrides, numpyScalar, pickle, pickled } from './testing-archives.ts';
import { cpuMs } from './testing-faults.ts';

const { text, int, tuple, list, dict, global, call, storage, tensor } = pickled;

function bytes(...parts: (string | number[] | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));
}

describe('reads', () => {
  test.each([
    ['None', 'N', null],
    ['True', '\x88', true],
    ['False', '\x89', false],
    ['a byte', 'K\xff', 255],
    ['two bytes', 'M\x44\xac', 44_100],
    ['a negative number', 'J\xff\xff\xff\xff', -1],
    ['a long number', '\x8a\x05\x00\x00\x00\x00\x01', 2 ** 32],
    ['a long negative number', '\x8a\x01\xfe', -2],
    ['a long zero', '\x8a\x00', 0],
    ['a float', 'G\x3f\xe0\x00\x00\x00\x00\x00\x00', 0.5],
    ['short text', '\x8c\x02\xc3\xa9', 'é'],
  ])('%s', (_, value, expected) => {
    expect(readPickle(pickle(bytes(value)))).toBe(expected);
  });

  test('containers, memo and shared values', () => {
    // {"a": x, "b": (x, [x])} with x kept as 7 and recalled
    const value = bytes('}(', text('a'), text('x'), 'q\x07', text('b'), '(h\x07](h\x07et', 'u');
    const read = readPickle(pickle(value));
    expect(read).toBeInstanceOf(Dict);
    const entries = read instanceof Dict ? read.entries : new Map<unknown, unknown>();
    expect(entries.get('a')).toBe('x');
    const pair = entries.get('b');
    expect(pair instanceof Tuple && pair.items[0]).toBe('x');
    expect(pair instanceof Tuple && pair.items[1] instanceof List && pair.items[1].items).toEqual(['x']);
  });

  test('frames, implicit memo and global names from the stack, as protocol 4 writes them', () => {
    const value = bytes([0x80, 4, 0x95], Buffer.alloc(8), [0x8c, 9], 'fractions', [0x94, 0x8c, 8], 'Fraction', [0x94, 0x93, 0x94], 'K\x27K\x05', [0x86, 0x94], 'R.');
    expect(readPickle(value)).toEqual(new Fraction(39, 5));
  });

  test.each(['39/5', '4'])('the Fraction %s as older Pythons write it', (written) => {
    const [numerator = 0, denominator = 1] = written.split('/').map(Number);
    expect(readPickle(pickle(pickled.fraction(written)))).toEqual(new Fraction(numerator, denominator));
  });

  test('a tensor, and a parameter around one', () => {
    const one = tensor(storage('HalfStorage', '12', 100), 4, [2, 3], contiguousStrides([2, 3]));
    for (const value of [one, call(global('torch._utils', '_rebuild_parameter'), one, pickled.bool(true), call(global('collections', 'OrderedDict')))]) {
      const read = readPickle(pickle(value));
      expect(read).toBeInstanceOf(Tensor);
      expect(read).toMatchObject({ storage: { type: 'HalfStorage', key: '12', count: 100 }, offset: 4, shape: [2, 3], strides: [3, 1] });
    }
  });

  test('an OrderedDict with attributes', () => {
    const value = bytes(call(global('collections', 'OrderedDict')), dict([text('_metadata'), int(1)]), 'b');
    expect(readPickle(pickle(value))).toEqual(new Dict());
  });
});

describe('takes NumPy scalars for what they are', () => {
  test.each(['numpy.core.multiarray', 'numpy._core.multiarray'])('%s', (module) => {
    expect(readPickle(pickle(list(numpyScalar(module))))).toMatchObject({ items: [new Inert(`${module}.scalar`)] });
  });
});

describe('refuses', () => {
  const attacks: Record<string, [Buffer, string]> = {
    'os.system': [pickle(call(global('os', 'system'), text('touch /tmp/owned'))), 'asks for "os.system"'],
    'posix.system': [pickle(global('posix', 'system')), 'asks for "posix.system"'],
    'builtins.eval': [pickle(call(global('builtins', 'eval'), text('1'))), 'asks for "builtins.eval"'],
    'getattr, to climb elsewhere': [pickle(call(global('builtins', 'getattr'), text('x'), text('y'))), 'asks for "builtins.getattr"'],
    'a global from the stack': [pickle(bytes(text('os'), text('system'), '\x93')), 'asks for "os.system"'],
    'a callable of torch': [pickle(global('torch', 'load')), 'asks for "torch.load"'],
    'a name that only begins as demucs': [pickle(global('demucs_evil', 'run')), 'asks for "demucs_evil.run"'],
    'a storage behind another module': [pickle(global('torch.os', 'system.XStorage')), 'asks for "torch.os.system.XStorage"'],
    'a global with control characters': [pickle(global('os\u001b[2J', 'x')), 'asks for "os\\u{1b}[2J.x"'],
    'a name of the prototype': [pickle(global('Object', 'constructor')), 'asks for "Object.constructor"'],
    'calling a mere name': [pickle(call(global('demucs.htdemucs', 'HTDemucs'))), 'calls "demucs.htdemucs.HTDemucs"'],
    'a function beside the codecs': [pickle(global('_codecs', 'register')), 'asks for "_codecs.register"'],
    'an array of NumPy objects': [pickle(global('numpy.core.multiarray', '_reconstruct')), 'asks for "numpy.core.multiarray._reconstruct"'],
    'calling a number': [pickle(bytes(int(1), tuple(), 'R')), 'calls "what is no callable"'],
    'calling with a list': [pickle(bytes(global('collections', 'OrderedDict'), list(), 'R')), 'calls "collections.OrderedDict"'],
    'OBJ': [pickle(bytes('(', global('demucs.htdemucs', 'HTDemucs'), 'o')), 'uses the opcode OBJ'],
    'INST': [pickle(bytes('(ios\nsystem\n')), 'uses the opcode INST'],
    'NEWOBJ': [pickle(bytes(global('demucs.htdemucs', 'HTDemucs'), ')\x81')), 'uses the opcode NEWOBJ'],
    'EXT1': [pickle(bytes('\x82\x01')), 'uses the opcode EXT1'],
    'PERSID': [pickle(bytes('Px\n')), 'uses the opcode PERSID'],
    'bytes': [pickle(bytes('C\x01x')), 'uses the opcode SHORT_BINBYTES'],
    'an opcode that does not exist': [pickle(bytes('\xff')), 'uses the unknown opcode 0xff'],
    'BUILD on a tensor': [pickle(bytes(tensor(storage('FloatStorage', '0', 1), 0, [1], [1]), dict(), 'b')), 'uses the opcode BUILD on what has no attributes'],
    'protocol 0': [bytes([0x80, 0], 'N.'), 'has protocol 0'],
    'protocol 6': [bytes([0x80, 6], 'N.'), 'has protocol 6'],
    'an empty file': [bytes(), 'ends too early'],
    'no STOP': [bytes([0x80, 2], 'N'), 'ends too early'],
    'STOP on an empty stack': [pickle(bytes()), 'takes from an empty stack'],
    'text of 4 GiB': [pickle(bytes('X\xff\xff\xff\xff')), 'ends too early'],
    'text that is not UTF-8': [pickle(bytes('X\x01\0\0\0\xff')), 'text that is not UTF-8'],
    'a global without an end': [bytes([0x80, 2], 'c', 'a'.repeat(100_000)), 'an endless name'],
    'a number of 255 bytes': [pickle(bytes('\x8a\xff', '\x7f'.repeat(255))), 'a number of 255 bytes'],
    'a value never kept': [pickle(bytes('h\x05')), 'recalls value 5'],
    'popping past a mark': [pickle(bytes('K\x01(\x85')), 'takes from an empty stack'],
    'APPENDS to a tuple': [pickle(bytes(')(K\x01e')), 'appends to what is no list'],
    'SETITEMS of a list': [pickle(bytes('](K\x01K\x02u')), 'sets items of what is no dict'],
    'SETITEMS with a key left over': [pickle(bytes('}(K\x01u')), 'sets items of what is no dict'],
    'a dict as a key': [pickle(bytes('}(}K\x01u')), 'neither text nor a number'],
    'a key twice': [pickle(dict([text('a'), int(1)], [text('a'), int(2)])), 'sets "a" twice'],
    'a Fraction over zero': [pickle(pickled.fraction('1/0')), 'a malformed Fraction'],
    'a Fraction of words': [pickle(pickled.fraction('one')), 'a malformed Fraction'],
    'a storage without a type': [pickle(bytes(tuple(text('storage'), text('FloatStorage'), text('0'), text('cpu'), int(1)), 'Q')), 'a malformed storage'],
    'a storage of a demucs class': [pickle(bytes(tuple(text('storage'), global('demucs.a', 'b'), text('0'), text('cpu'), int(1)), 'Q')), 'a malformed storage'],
    'a storage of negative size': [pickle(storage('FloatStorage', '0', -1)), 'a malformed storage'],
    'a tensor without a storage': [pickle(tensor(int(0), 0, [1], [1])), 'a malformed tensor'],
    'a tensor with a negative offset': [pickle(tensor(storage('FloatStorage', '0', 1), -1, [1], [1])), 'a malformed tensor'],
    'a tensor with a negative size': [pickle(tensor(storage('FloatStorage', '0', 1), 0, [-1], [1])), 'a malformed shape'],
    'an OrderedDict from a list': [pickle(call(global('collections', 'OrderedDict'), list())), 'from arguments'],
    'too many objects': [pickle(bytes(']'.repeat(60_000), '(', '}'.repeat(6000), 't')), 'makes more than 65536 objects'],
    'a tall stack': [pickle(bytes('N'.repeat(70_000))), 'overflows the stack'],
    'a tall stack of recalled values': [pickle(bytes('N\x94', 'h\0'.repeat(70_000))), 'overflows the stack'],
    'marks without end': [pickle(bytes('('.repeat(70_000))), 'overflows the stack'],
    'a memo without end': [pickle(bytes('N', '\x94'.repeat(140_000))), 'overflows the memo'],
    'a huge file': [Buffer.alloc(MAX_PICKLE_BYTES + 1, 'N'), 'at most 2097152 are allowed'],
  };

  test.each(Object.entries(attacks))('%s', (_, [attack, message]) => {
    const started = cpuMs();
    expect(() => readPickle(attack)).toThrow(PickleError);
    expect(() => readPickle(attack)).toThrow(message);
    expect(cpuMs() - started).toBeLessThan(1000);
  });
});
