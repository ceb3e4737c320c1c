/**
 * Reads the pickles of PyTorch files as data. Instead of Python objects it builds the values below; a global is a mere
 * name, and of the callables only those that CONSTRUCTORS lists do anything. No code of a file ever runs.
 */
import { quoted } from './errors.ts';

export type Scalar = null | boolean | number | string;
export type PickleValue = Scalar | List | Tuple | Dict | Global | Fraction | Storage | Tensor | Inert;

export class List {
  readonly items: PickleValue[] = [];
}

export class Tuple {
  readonly items: readonly PickleValue[];
  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

export class Dict {
  readonly entries = new Map<Scalar, PickleValue>();
}

export class Global {
  /** Module and name, joined by a dot. */
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class Fraction {
  readonly numerator: number;
  readonly denominator: number;
  constructor(numerator: number, denominator: number) {
    this.numerator = numerator;
    this.denominator = denominator;
  }
}

/** `count` elements in the archive's entry `data/<key>`; `type` is torch's class, such as HalfStorage. */
export class Storage {
  readonly type: string;
  readonly key: string;
  readonly count: number;
  constructor(type: string, key: string, count: number) {
    this.type = type;
    this.key = key;
    this.count = count;
  }
}

/** Offset and strides count elements of the storage. */
export class Tensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** What a callable made, where no model needs to know what that is. */
export class Inert {
  readonly constructedBy: string;
  constructor(constructedBy: string) {
    this.constructedBy = constructedBy;
  }
}

/** Why a pickle is refused, in one line without the file's name. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
}

/** A full-size HTDemucs package has a pickle of 70 kB and about 5,000 objects. */
export const MAX_PICKLE_BYTES = 2 * 1024 * 1024;
const MAX_OBJECTS = 65_536;
const MAX_STACK = 65_536;
const MAX_MEMO = 131_072;
const MAX_NAME_BYTES = 256;

/** @throws PickleError */
export function readPickle(bytes: Buffer): PickleValue {
  if (bytes.length > MAX_PICKLE_BYTES) {
    throw new PickleError(`its pickle has ${bytes.length} bytes; at most ${MAX_PICKLE_BYTES} are allowed`);
  }
  const machine = new Machine(bytes);
  for (;;) {
    const opcode = machine.byte();
    if (opcode === STOP) {
      return machine.pop();
    }
    const run = OPCODES.get(opcode);
    if (!run) {
      throw new PickleError(`its pickle uses ${opcodeName(opcode)}, which no Demucs package needs`);
    }
    run(machine);
  }
}

class Machine {
  readonly #bytes: Buffer;
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #at = 0;
  #objects = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) {
      throw new PickleError('its pickle ends too early');
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) {
      throw new PickleError('its pickle ends too early');
    }
    this.#at++;
    return byte;
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > MAX_NAME_BYTES) {
      throw new PickleError('its pickle holds an endless name');
    }
    const line = this.take(end - this.#at).toString('utf8');
    this.take(1);
    return line;
  }

  push(value: PickleValue): void {
    if (value !== null && typeof value === 'object' && ++this.#objects > MAX_OBJECTS) {
      throw new PickleError(`its pickle makes more than ${MAX_OBJECTS} objects`);
    }
    if (this.#stack.push(value) > MAX_STACK) {
      throw new PickleError('its pickle overflows the stack');
    }
  }

  pop(): PickleValue {
    const value = this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.pop() : undefined;
    if (value === undefined) {
      throw new PickleError('its pickle takes from an empty stack');
    }
    return value;
  }

  mark(): void {
    if (this.#marks.push(this.#stack.length) > MAX_STACK) {
      throw new PickleError('its pickle overflows the stack');
    }
  }

  popToMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) {
      throw new PickleError('its pickle takes from an empty stack');
    }
    return this.#stack.splice(mark);
  }

  top(): PickleValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  memoize(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
    if (this.#memo.size > MAX_MEMO) {
      throw new PickleError('its pickle overflows the memo');
    }
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) {
      throw new PickleError(`its pickle recalls value ${index}, which it never kept`);
    }
    // Not push: the object was counted when it was made.
    if (this.#stack.push(value) > MAX_STACK) {
      throw new PickleError('its pickle overflows the stack');
    }
  }
}

const STOP = 0x2e;

/** By opcode: https://github.com/python/cpython/blob/main/Lib/pickletools.py names and describes each. */
const OPCODES = new Map<number, (machine: Machine) => void>([
  [0x80, (m) => { checkProtocol(m.byte()); }],
  [0x95, (m) => { m.take(8); }],
  [0x28, (m) => { m.mark(); }],
  [0x4e, (m) => { m.push(null); }],
  [0x88, (m) => { m.push(true); }],
  [0x89, (m) => { m.push(false); }],
  [0x4b, (m) => { m.push(m.byte()); }],
  [0x4d, (m) => { m.push(m.take(2).readUInt16LE()); }],
  [0x4a, (m) => { m.push(m.take(4).readInt32LE()); }],
  [0x8a, (m) => { m.push(longInteger(m.take(m.byte()))); }],
  [0x47, (m) => { m.push(m.take(8).readDoubleBE()); }],
  [0x8c, (m) => { m.push(text(m.take(m.byte()))); }],
  [0x58, (m) => { m.push(text(m.take(m.take(4).readUInt32LE()))); }],
  [0x7d, (m) => { m.push(new Dict()); }],
  [0x5d, (m) => { m.push(new List()); }],
  [0x29, (m) => { m.push(new Tuple([])); }],
  [0x85, (m) => { pushTuple(m, 1); }],
  [0x86, (m) => { pushTuple(m, 2); }],
  [0x87, (m) => { pushTuple(m, 3); }],
  [0x74, (m) => { m.push(new Tuple(m.popToMark())); }],
  [0x61, (m) => { const item = m.pop(); append(m.top(), [item]); }],
  [0x65, (m) => { const items = m.popToMark(); append(m.top(), items); }],
  [0x73, (m) => { const value = m.pop(); const key = m.pop(); setItems(m.top(), [key, value]); }],
  [0x75, (m) => { const items = m.popToMark(); setItems(m.top(), items); }],
  [0x71, (m) => { m.memoize(m.byte()); }],
  [0x72, (m) => { m.memoize(m.take(4).readUInt32LE()); }],
  [0x94, (m) => { m.memoize(); }],
  [0x68, (m) => { m.recall(m.byte()); }],
  [0x6a, (m) => { m.recall(m.take(4).readUInt32LE()); }],
  [0x63, (m) => { const module = m.line(); m.push(global(module, m.line())); }],
  [0x93, (m) => { const name = m.pop(); m.push(global(asText(m.pop()), asText(name))); }],
  [0x52, (m) => { const args = m.pop(); m.push(construct(m.pop(), args)); }],
  [0x62, (m) => { m.pop(); checkBuilt(m.top()); }],
  [0x51, (m) => { m.push(storage(m.pop())); }],
]);

/** The opcodes that are refused, for the message alone. */
const REFUSED_OPCODES = new Map<number, string>([
  [0x30, 'POP'], [0x31, 'POP_MARK'], [0x32, 'DUP'], [0x42, 'BINBYTES'], [0x43, 'SHORT_BINBYTES'], [0x46, 'FLOAT'],
  [0x49, 'INT'], [0x4c, 'LONG'], [0x50, 'PERSID'], [0x53, 'STRING'], [0x54, 'BINSTRING'], [0x55, 'SHORT_BINSTRING'],
  [0x56, 'UNICODE'], [0x64, 'DICT'], [0x67, 'GET'], [0x69, 'INST'], [0x6c, 'LIST'], [0x6f, 'OBJ'], [0x70, 'PUT'],
  [0x81, 'NEWOBJ'], [0x82, 'EXT1'], [0x83, 'EXT2'], [0x84, 'EXT4'], [0x8b, 'LONG4'], [0x8d, 'BINUNICODE8'],
  [0x8e, 'BINBYTES8'], [0x8f, 'EMPTY_SET'], [0x90, 'ADDITEMS'], [0x91, 'FROZENSET'], [0x92, 'NEWOBJ_EX'],
  [0x96, 'BYTEARRAY8'], [0x97, 'NEXT_BUFFER'], [0x98, 'READONLY_BUFFER'],
]);

function opcodeName(opcode: number): string {
  const name = REFUSED_OPCODES.get(opcode);
  return name === undefined ? `the unknown opcode 0x${opcode.toString(16)}` : `the opcode ${name}`;
}

function checkProtocol(version: number): void {
  if (version < 2 || version > 5) {
    throw new PickleError(`its pickle has protocol ${version}; 2 to 5 are known`);
  }
}

function longInteger(bytes: Buffer): number {
  const value = bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`));
  if (!Number.isSafeInteger(Number(value))) {
    throw new PickleError(`its pickle holds a number of ${bytes.length} bytes`);
  }
  return Number(value);
}

function text(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PickleError('its pickle holds text that is not UTF-8');
  }
}

function pushTuple(machine: Machine, length: number): void {
  machine.push(new Tuple(Array.from({ length }, () => machine.pop()).reverse()));
}

function append(target: PickleValue, items: readonly PickleValue[]): void {
  if (!(target instanceof List)) {
    throw new PickleError('its pickle appends to what is no list');
  }
  for (const item of items) {
    target.items.push(item);
  }
}

function setItems(target: PickleValue, items: readonly PickleValue[]): void {
  if (!(target instanceof Dict) || items.length % 2 !== 0) {
    throw new PickleError('its pickle sets items of what is no dict');
  }
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i] ?? null;
    if (key !== null && typeof key === 'object') {
      throw new PickleError('its pickle has a dict key that is neither text nor a number');
    }
    if (target.entries.has(key)) {
      throw new PickleError(`its pickle sets ${quoted(String(key))} twice in one dict`);
    }
    target.entries.set(key, items[i + 1] ?? null);
  }
}

function global(module: string, name: string): Global {
  const full = `${module}.${name}`;
  const isMereName = /^torch\.[A-Za-z0-9]+Storage$/.test(full) || /^demucs(?:\.[A-Za-z_]\w*)+$/.test(full);
  if (!isMereName && !CONSTRUCTORS.has(full)) {
    throw new PickleError(`its pickle asks for ${quoted(full)}, which no Demucs package needs`);
  }
  return new Global(full);
}

/** All that REDUCE may call. */
const CONSTRUCTORS = new Map<string, (args: readonly PickleValue[]) => PickleValue>([
  ['collections.OrderedDict', orderedDict],
  ['fractions.Fraction', fraction],
  // The metrics of official packages are NumPy scalars: scalar(dtype('f8', …), _codecs.encode('…', 'latin1')).
  ...['numpy.core.multiarray.scalar', 'numpy._core.multiarray.scalar', 'numpy.dtype', '_codecs.encode']
    .map((name): [string, () => Inert] => [name, () => new Inert(name)]),
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_parameter', ([value]) => asTensor(value)],
]);

function construct(callable: PickleValue, args: PickleValue): PickleValue {
  const name = callable instanceof Global ? callable.name : 'what is no callable';
  const constructor = CONSTRUCTORS.get(name);
  if (!constructor || !(args instanceof Tuple)) {
    throw new PickleError(`its pickle calls ${quoted(name)}, which no Demucs package needs`);
  }
  return constructor(args.items);
}

/** BUILD sets attributes. Those of a state dict (_metadata) and of a dtype say nothing about weights. */
function checkBuilt(target: PickleValue): void {
  if (!(target instanceof Dict) && !(target instanceof Inert)) {
    throw new PickleError('its pickle uses the opcode BUILD on what has no attributes');
  }
}

function orderedDict(args: readonly PickleValue[]): Dict {
  if (args.length > 0) {
    throw new PickleError('its pickle makes an OrderedDict from arguments');
  }
  return new Dict();
}

/** Python before 3.12 pickles a Fraction as the text "39/5", later ones as two numbers. */
function fraction(args: readonly PickleValue[]): Fraction {
  const [first, second] = args;
  const written = typeof first === 'string' ? /^(\d{1,9})(?:\/(\d{1,9}))?$/.exec(first) : null;
  const numerator = written ? Number(written[1]) : first;
  const denominator = written ? Number(written[2] ?? 1) : second;
  if (!isSize(numerator) || !isSize(denominator) || denominator === 0) {
    throw new PickleError('its pickle holds a malformed Fraction');
  }
  return new Fraction(numerator, denominator);
}

function rebuildTensor(args: readonly PickleValue[]): Tensor {
  const [from, offset, shape, strides] = args;
  if (!(from instanceof Storage) || !isSize(offset)) {
    throw new PickleError('its pickle holds a malformed tensor');
  }
  return new Tensor(from, offset, sizes(shape), sizes(strides));
}

function storage(id: PickleValue): Storage {
  const [kind, type, key, , count] = id instanceof Tuple ? id.items : [];
  if (kind !== 'storage' || !(type instanceof Global) || !type.name.endsWith('Storage') || typeof key !== 'string' || !isSize(count)) {
    throw new PickleError('its pickle holds a malformed storage');
  }
  return new Storage(type.name.replace('torch.', ''), key, count);
}

function asTensor(value: PickleValue | undefined): Tensor {
  if (!(value instanceof Tensor)) {
    throw new PickleError('its pickle holds a malformed parameter');
  }
  return value;
}

function asText(value: PickleValue): string {
  if (typeof value !== 'string' || value.length > MAX_NAME_BYTES) {
    throw new PickleError('its pickle asks for a global without a name');
  }
  return value;
}

function sizes(value: PickleValue | undefined): number[] {
  if (!(value instanceof Tuple) || !value.items.every(isSize)) {
    throw new PickleError('its pickle holds a malformed shape');
  }
  return [...value.items];
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
