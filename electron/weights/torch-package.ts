import type { Dtype, TensorEntry } from '../contract/network.ts';
import { DAMAGED, modelFault, quoted, SUPPORTED } from './errors.ts';
import { foreignModel } from './names.ts';
import { Dict, Fraction, Global, List, MAX_PICKLE_BYTES, PickleError, readPickle, Tensor, Tuple, type PickleValue, type Scalar } from './pickle.ts';
import type { ByteSource } from './source.ts';
import { DTYPE_BYTES, elementCount, isTensorName, MAX_TENSOR_RANK, MAX_TENSORS } from './tensors.ts';
import { readZip, type ZipEntry } from './zip.ts';

export interface TorchPackage {
  tensors: TensorEntry[];
  /** As plain data; a Fraction is [numerator, denominator]. */
  kwargs: unknown;
}

const STORAGE_DTYPES = new Map<string, Dtype>([['FloatStorage', 'F32'], ['HalfStorage', 'F16'], ['BFloat16Storage', 'BF16']]);

/**
 * Reads a package as Demucs saves it: a zip with `data.pkl` and one stored entry for each storage.
 * @throws StemwrightError
 */
export async function readTorchPackage(source: ByteSource): Promise<TorchPackage> {
  const entries = await readZip(source);
  const root = findRoot(source, entries);
  await checkByteOrder(source, entries.get(`${root}byteorder`));
  const saved = await readData(source, entries.get(`${root}data.pkl`));
  const { kwargs, state } = openPackage(source, saved);
  if (state.entries.size === 0 || state.entries.size > MAX_TENSORS) {
    throw modelFault(source.path, `holds ${state.entries.size} tensors; 1 to ${MAX_TENSORS} are allowed`, DAMAGED);
  }
  const tensors = [...state.entries].map(([name, value]) => locate(source, entries, `${root}data/`, name, value));
  return { tensors, kwargs: plain(source, kwargs) };
}

function findRoot(source: ByteSource, entries: Map<string, ZipEntry>): string {
  const names = [...entries.keys()];
  const roots = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name)).map((name) => name.slice(0, -'data.pkl'.length));
  const [root] = roots;
  if (root === undefined || roots.length > 1) {
    throw modelFault(source.path, 'is a zip, but not a PyTorch file: it needs one data.pkl', SUPPORTED);
  }
  if (names.some((name) => name === `${root}constants.pkl` || name.startsWith(`${root}code/`))) {
    throw modelFault(source.path, 'is a TorchScript archive, which holds a program', SUPPORTED);
  }
  return root;
}

async function checkByteOrder(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  if (entry && (entry.byteLength !== 6 || (await source.read(entry.offset, 6)).toString('latin1') !== 'little')) {
    throw modelFault(source.path, 'has big-endian weights', 'Save the model again on a little-endian machine.');
  }
}

async function readData(source: ByteSource, entry: ZipEntry | undefined): Promise<PickleValue> {
  if (!entry || entry.byteLength > MAX_PICKLE_BYTES) {
    throw modelFault(source.path, `its pickle has ${entry?.byteLength ?? 0} bytes; at most ${MAX_PICKLE_BYTES} are allowed`, DAMAGED);
  }
  const bytes = await source.read(entry.offset, entry.byteLength);
  try {
    return readPickle(bytes);
  } catch (error) {
    if (error instanceof PickleError) {
      throw modelFault(source.path, error.message, SUPPORTED);
    }
    throw error;
  }
}

function openPackage(source: ByteSource, saved: PickleValue): { kwargs: Dict; state: Dict } {
  const klass = member(saved, 'klass');
  const args = member(saved, 'args');
  const kwargs = member(saved, 'kwargs');
  const state = member(saved, 'state');
  if (!(klass instanceof Global) || !(kwargs instanceof Dict) || !(state instanceof Dict)) {
    throw modelFault(source.path, foreignPackage(saved), SUPPORTED);
  }
  if (klass.name !== 'demucs.htdemucs.HTDemucs') {
    throw modelFault(source.path, `is a ${quoted(klass.name)} model`, SUPPORTED);
  }
  if (state.entries.has('__quantized')) {
    throw modelFault(source.path, 'is quantised with DiffQ', 'Use the model that is not quantised: its name lacks the "_q".');
  }
  if (!(args instanceof Tuple) || args.items.length > 0) {
    throw modelFault(source.path, 'gives HTDemucs arguments without names', 'Save the model with keyword arguments.');
  }
  return { kwargs, state };
}

function member(value: PickleValue | undefined, name: string): PickleValue | undefined {
  return value instanceof Dict ? value.entries.get(name) : undefined;
}

function foreignPackage(saved: PickleValue): string {
  const state = member(saved, 'state_dict') ?? member(saved, 'model') ?? saved;
  const names = state instanceof Dict ? [...state.entries.keys()].filter((key) => typeof key === 'string') : [];
  return foreignModel(names) ?? (names.some((name) => /^t?(?:en|de)coder\.\d+\./.test(name))
    ? 'holds the weights of a model without its kwargs'
    : 'is a PyTorch file, but not a Demucs package');
}

function locate(source: ByteSource, entries: Map<string, ZipEntry>, folder: string, name: Scalar, value: PickleValue): TensorEntry {
  if (typeof name !== 'string' || !isTensorName(name)) {
    throw modelFault(source.path, `holds a tensor of the unusable name ${quoted(String(name))}`, DAMAGED);
  }
  if (!(value instanceof Tensor)) {
    throw modelFault(source.path, `${name} is not a tensor`, SUPPORTED);
  }
  const { storage, offset, shape, strides } = value;
  const dtype = STORAGE_DTYPES.get(storage.type);
  if (!dtype) {
    throw modelFault(source.path, `tensor ${name} has a ${quoted(storage.type)}`, 'Convert it to float, half or bfloat16.');
  }
  const count = elementCount(shape);
  if (count === null || shape.length > MAX_TENSOR_RANK || shape.length !== strides.length || offset + count > storage.count) {
    throw modelFault(source.path, `tensor ${name} reaches beyond its storage`, DAMAGED);
  }
  if (!isContiguous(shape, strides)) {
    throw modelFault(source.path, `tensor ${name} is a strided view`, 'Save the model with contiguous() tensors.');
  }
  const entry = entries.get(`${folder}${storage.key}`);
  if (entry?.byteLength !== storage.count * DTYPE_BYTES[dtype]) {
    throw modelFault(source.path, `tensor ${name} has no storage of ${storage.count} elements in the file`, DAMAGED);
  }
  const size = DTYPE_BYTES[dtype];
  return { name, dtype, shape: [...shape], offset: entry.offset + offset * size, byteLength: count * size };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    if (size > 1 && strides[axis] !== expected) {
      return false;
    }
    expected *= size;
  }
  return true;
}

const MAX_PLAIN_VALUES = 1000;
const MAX_PLAIN_DEPTH = 8;

/** Kwargs as JSON-like data. Both bounds matter: a pickle can hold itself, and share one list a million times. */
function plain(source: ByteSource, root: PickleValue): unknown {
  let values = 0;
  const convert = (value: PickleValue, depth: number): unknown => {
    if (++values > MAX_PLAIN_VALUES || depth > MAX_PLAIN_DEPTH) {
      throw modelFault(source.path, 'its kwargs are too large or too deep', DAMAGED);
    }
    if (value instanceof List || value instanceof Tuple) {
      return value.items.map((item) => convert(item, depth + 1));
    }
    if (value instanceof Dict) {
      return Object.fromEntries([...value.entries].map(([key, item]) => [keyName(source, key), convert(item, depth + 1)]));
    }
    if (value instanceof Fraction) {
      return [value.numerator, value.denominator];
    }
    if (value !== null && typeof value === 'object') {
      throw modelFault(source.path, 'its kwargs hold more than plain values', SUPPORTED);
    }
    return value;
  };
  return convert(root, 0);
}

function keyName(source: ByteSource, key: Scalar): string {
  if (typeof key !== 'string' || key === '__proto__') {
    throw modelFault(source.path, `has a kwarg named ${quoted(String(key))}`, DAMAGED);
  }
  return key;
}
