/** Writes safetensors files, zips and pickles for tests, right ones and wrong ones. */
import { encodeF16 } from './float16.ts';
import { checkRange, type ByteSource } from './source.ts';

export interface TestTensor {
  name: string;
  shape: number[];
  values: Float32Array;
}

/** A safetensors file as F32. */
export function encodeSafetensors(tensors: readonly TestTensor[], metadata: Record<string, string>): Buffer {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + values.byteLength] };
    end += values.byteLength;
  }
  return rawSafetensors(JSON.stringify(header), Buffer.concat(tensors.map(({ values }) => floatBytes(values))));
}

export function rawSafetensors(header: string | Buffer, data: Buffer, headerBytes = BigInt(Buffer.byteLength(header))): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(headerBytes);
  return Buffer.concat([prefix, Buffer.from(header), data]);
}

function floatBytes(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(values.byteLength);
  values.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
  return bytes;
}

export function halfBytes(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => bytes.writeUInt16LE(encodeF16(value), 2 * i));
  return bytes;
}

/** Pickle protocol 2, value by value; `pickle` makes a whole one. */
export const pickled = {
  none: Buffer.from('N'),
  text: (value: string) => Buffer.concat([Buffer.from('X'), uint32(Buffer.byteLength(value)), Buffer.from(value)]),
  int: (value: number) => Buffer.concat([Buffer.from('J'), uint32(value >>> 0)]),
  float: (value: number) => {
    const bytes = Buffer.from('G--------');
    bytes.writeDoubleBE(value, 1);
    return bytes;
  },
  bool: (value: boolean) => Buffer.from([value ? 0x88 : 0x89]),
  tuple: (...items: Buffer[]) => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]),
  list: (...items: Buffer[]) => Buffer.concat([Buffer.from(']('), ...items, Buffer.from('e')]),
  dict: (...items: [Buffer, Buffer][]) => Buffer.concat([Buffer.from('}('), ...items.flat(), Buffer.from('u')]),
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  call: (callable: Buffer, ...args: Buffer[]) => Buffer.concat([callable, pickled.tuple(...args), Buffer.from('R')]),
  fraction: (text: string) => pickled.call(pickled.global('fractions', 'Fraction'), pickled.text(text)),
  storage: (type: string, key: string, count: number) => Buffer.concat([
    pickled.tuple(pickled.text('storage'), pickled.global('torch', type), pickled.text(key), pickled.text('cpu'), pickled.int(count)),
    Buffer.from('Q'),
  ]),
  tensor: (storage: Buffer, offset: number, shape: number[], strides: number[]) => pickled.call(
    pickled.global('torch._utils', '_rebuild_tensor_v2'),
    storage,
    pickled.int(offset),
    pickled.tuple(...shape.map(pickled.int)),
    pickled.tuple(...strides.map(pickled.int)),
    pickled.bool(false),
    pickled.call(pickled.global('collections', 'OrderedDict')),
  ),
  value: (value: unknown): Buffer => {
    if (Array.isArray(value)) {
      return pickled.list(...value.map(pickled.value));
    }
    if (typeof value === 'object' && value !== null) {
      return pickled.dict(...Object.entries(value).map(([key, item]): [Buffer, Buffer] => [pickled.text(key), pickled.value(item)]));
    }
    if (typeof value === 'number') {
      return Number.isInteger(value) ? pickled.int(value) : pickled.float(value);
    }
    return typeof value === 'string' ? pickled.text(value) : typeof value === 'boolean' ? pickled.bool(value) : pickled.none;
  },
};

export function pickle(value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80, 2]), value, Buffer.from('.')]);
}

/** numpy.float64(0.5) as protocol 2 writes it. */
export function numpyScalar(module: string): Buffer {
  const dtype = Buffer.concat([
    pickled.call(pickled.global('numpy', 'dtype'), pickled.text('f8'), pickled.bool(false), pickled.bool(true)),
    pickled.tuple(pickled.int(3), pickled.text('<'), pickled.none, pickled.none, pickled.none, pickled.int(-1), pickled.int(-1), pickled.int(0)),
    Buffer.from('b'),
  ]);
  const bytes = pickled.call(pickled.global('_codecs', 'encode'), pickled.text('\0\0\0\0\0\0à?'), pickled.text('latin1'));
  return pickled.call(pickled.global(module, 'scalar'), dtype, bytes);
}

/** What Demucs' tools/export.py writes, `segment` as the Fraction's text. */
export function packagePickle(kwargs: Record<string, unknown>, state: Buffer, klass = pickled.global('demucs.htdemucs', 'HTDemucs')): Buffer {
  const { segment, ...others } = kwargs;
  const fraction = Array.isArray(segment) ? pickled.fraction(segment.join('/')) : pickled.value(segment);
  const plain = Object.entries(others).map(([key, item]): [Buffer, Buffer] => [pickled.text(key), pickled.value(item)]);
  return pickle(pickled.dict(
    [pickled.text('klass'), klass],
    [pickled.text('args'), pickled.tuple()],
    [pickled.text('kwargs'), pickled.dict(...plain, [pickled.text('segment'), fraction])],
    [pickled.text('state'), state],
    [pickled.text('training_args'), pickled.value({ seed: 42, optim: { lr: 3e-4 } })],
    [pickled.text('metrics'), pickled.tuple(pickled.dict([pickled.text('nsdr'), numpyScalar('numpy.core.multiarray')]), pickled.none)],
  ));
}

/** A Demucs package in half precision. */
export function encodePackage(kwargs: Record<string, unknown>, tensors: readonly TestTensor[]): Buffer {
  const state = pickled.dict(...tensors.map(({ name, shape, values }, i): [Buffer, Buffer] => [
    pickled.text(name),
    pickled.tensor(pickled.storage('HalfStorage', String(i), values.length), 0, shape, contiguousStrides(shape)),
  ]));
  return encodeZip([
    { name: 'archive/data.pkl', data: packagePickle(kwargs, state) },
    { name: 'archive/byteorder', data: Buffer.from('little') },
    ...tensors.map(({ values }, i) => ({ name: `archive/data/${i}`, data: halfBytes(values) })),
    { name: 'archive/version', data: Buffer.from('3\n') },
  ], { align: 64 });
}

export function contiguousStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}

export interface TestZipEntry {
  name: string;
  data: Buffer;
  method?: number;
  flags?: number;
  /** What the directory says instead of the truth. */
  claims?: { byteLength?: number; offset?: number; name?: string };
}

export interface ZipOptions {
  zip64?: boolean;
  comment?: string;
  /** Pads each entry's data to a multiple of this, as PyTorch does to 64. */
  align?: number;
}

export function encodeZip(entries: readonly TestZipEntry[], options: ZipOptions = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const local = localHeader(entry, at, options.align);
    directory.push(centralHeader(entry, at, options.zip64 ?? false));
    parts.push(local, entry.data);
    at += local.length + entry.data.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...parts, central, endOfDirectory(entries.length, central.length, at, options)]);
}

function localHeader({ name, data, method = 0, flags = 0 }: TestZipEntry, at: number, align?: number): Buffer {
  const padding = align === undefined ? Buffer.alloc(0) : paddingField(align - ((at + 34 + Buffer.byteLength(name)) % align));
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(data.length, 18);
  header.writeUInt32LE(data.length, 22);
  header.writeUInt16LE(Buffer.byteLength(name), 26);
  header.writeUInt16LE(padding.length, 28);
  return Buffer.concat([header, Buffer.from(name), padding]);
}

function paddingField(length: number): Buffer {
  return Buffer.concat([Buffer.from('FB'), uint16(length), Buffer.alloc(length, 'Z')]);
}

function centralHeader({ name, data, method = 0, flags = 0, claims = {} }: TestZipEntry, at: number, zip64: boolean): Buffer {
  const shown = Buffer.from(claims.name ?? name);
  const byteLength = claims.byteLength ?? data.length;
  const offset = claims.offset ?? at;
  const extra = zip64 ? Buffer.concat([uint16(1), uint16(24), uint64(byteLength), uint64(byteLength), uint64(offset)]) : Buffer.alloc(0);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50);
  header.writeUInt16LE(flags, 8);
  header.writeUInt16LE(method, 10);
  header.writeUInt32LE(zip64 ? 0xffffffff : byteLength, 20);
  header.writeUInt32LE(zip64 ? 0xffffffff : byteLength, 24);
  header.writeUInt16LE(shown.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(zip64 ? 0xffffffff : offset, 42);
  return Buffer.concat([header, shown, extra]);
}

function endOfDirectory(count: number, byteLength: number, at: number, options: ZipOptions): Buffer {
  const comment = Buffer.from(options.comment ?? '');
  const short = Buffer.concat([
    uint32(0x06054b50), uint16(0), uint16(0), uint16(options.zip64 ? 0xffff : count), uint16(options.zip64 ? 0xffff : count),
    uint32(options.zip64 ? 0xffffffff : byteLength), uint32(options.zip64 ? 0xffffffff : at), uint16(comment.length), comment,
  ]);
  const long = Buffer.concat([
    uint32(0x06064b50), uint64(44), uint16(45), uint16(45), uint32(0), uint32(0),
    uint64(count), uint64(count), uint64(byteLength), uint64(at),
  ]);
  const locator = Buffer.concat([uint32(0x07064b50), uint32(0), uint64(at + byteLength), uint32(1)]);
  return options.zip64 ? Buffer.concat([long, locator, short]) : short;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** A file in memory that keeps count of what was asked of it, as FileSource would answer it. */
export class MemorySource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly #bytes: Buffer;
  /** Bytes that all reads together asked for. */
  bytesRead = 0;

  constructor(bytes: Buffer, path = 'model') {
    this.path = path;
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  read(offset: number, length: number): Promise<Buffer> {
    this.bytesRead += length;
    return Promise.resolve().then(() => {
      checkRange(this, offset, length);
      return Buffer.from(this.#bytes.subarray(offset, offset + length));
    });
  }
}
