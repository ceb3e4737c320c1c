import { z } from 'zod';
import type { TensorEntry } from '../contract/network.ts';
import { DAMAGED, modelFault, quoted } from './errors.ts';
import { parseJson } from './json.ts';
import { MAX_READ_BYTES, type ByteSource } from './source.ts';
import { DTYPE_BYTES, elementCount, isDtype, isTensorName, MAX_TENSOR_RANK, MAX_TENSORS } from './tensors.ts';

export interface Safetensors {
  tensors: TensorEntry[];
  metadata: Map<string, string>;
}

const PREFIX_BYTES = 8;
const JSON_LIMITS = { depth: 4, commas: MAX_TENSORS * 16 };

const headerSchema = z.record(z.string(), z.unknown());
const metadataSchema = z.record(z.string(), z.string());
const entrySchema = z.strictObject({
  dtype: z.string().max(16),
  shape: z.array(z.int().nonnegative()).max(MAX_TENSOR_RANK),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

/** The length that the first 8 bytes claim for the header, or null where the file cannot be a safetensors file. */
export function claimedHeaderBytes(start: Buffer): bigint | null {
  // A header is a JSON object: '{' is the ninth byte of every safetensors file.
  return start.length > PREFIX_BYTES && start[PREFIX_BYTES] === 0x7b ? start.readBigUInt64LE(0) : null;
}

/**
 * Reads the header alone; the tensors' bytes stay where they are. As the format demands, the tensors cover the rest of
 * the file without gap or overlap.
 * @throws StemwrightError
 */
export async function readSafetensors(source: ByteSource): Promise<Safetensors> {
  const headerBytes = await readHeaderLength(source);
  const text = decodeUtf8(source, await source.read(PREFIX_BYTES, headerBytes));
  const header = parseHeader(source, text);
  const tensors: TensorEntry[] = [];
  const dataStart = PREFIX_BYTES + headerBytes;
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') {
      tensors.push(parseEntry(source, name, value, dataStart));
    }
  }
  checkCoverage(source, tensors, dataStart);
  return { tensors, metadata: parseMetadata(source, header['__metadata__']) };
}

async function readHeaderLength(source: ByteSource): Promise<number> {
  const claimed = source.size > PREFIX_BYTES ? claimedHeaderBytes(await source.read(0, PREFIX_BYTES + 1)) : null;
  if (claimed === null) {
    throw modelFault(source.path, 'has no safetensors header', DAMAGED);
  }
  if (claimed > BigInt(MAX_READ_BYTES)) {
    throw modelFault(source.path, `claims a header of ${claimed} bytes; at most ${MAX_READ_BYTES} are allowed`, DAMAGED);
  }
  if (PREFIX_BYTES + Number(claimed) > source.size) {
    throw modelFault(source.path, 'ends inside its header', DAMAGED);
  }
  return Number(claimed);
}

function decodeUtf8(source: ByteSource, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw modelFault(source.path, 'its header is not UTF-8', DAMAGED);
  }
}

function parseHeader(source: ByteSource, text: string): Record<string, unknown> {
  try {
    const header = headerSchema.safeParse(parseJson(text, JSON_LIMITS));
    if (header.success) {
      return header.data;
    }
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw modelFault(source.path, `its header ${error.message}`, DAMAGED);
    }
    throw error;
  }
  throw modelFault(source.path, 'its header is not a JSON object', DAMAGED);
}

function parseMetadata(source: ByteSource, value: unknown): Map<string, string> {
  const metadata = metadataSchema.safeParse(value ?? {});
  if (!metadata.success) {
    throw modelFault(source.path, 'its __metadata__ is not a map of text to text', DAMAGED);
  }
  return new Map(Object.entries(metadata.data));
}

function parseEntry(source: ByteSource, name: string, value: unknown, dataStart: number): TensorEntry {
  if (!isTensorName(name)) {
    throw modelFault(source.path, `holds a tensor of the unusable name ${quoted(name)}`, DAMAGED);
  }
  const entry = entrySchema.safeParse(value);
  if (!entry.success) {
    const where = entry.error.issues[0]?.path.join('.') ?? '';
    throw modelFault(source.path, `the header entry of tensor ${name} is malformed${where ? ` at ${quoted(where)}` : ''}`, DAMAGED);
  }
  const { dtype, shape, data_offsets: [begin, end] } = entry.data;
  if (!isDtype(dtype)) {
    throw modelFault(source.path, `tensor ${name} has dtype ${quoted(dtype)}`, 'Convert it to F32, F16 or BF16.');
  }
  const count = elementCount(shape);
  if (count === null || end - begin !== count * DTYPE_BYTES[dtype]) {
    throw modelFault(source.path, `tensor ${name} has ${end - begin} bytes, not those of its shape [${shape.join(', ')}]`, DAMAGED);
  }
  return { name, dtype, shape, offset: dataStart + begin, byteLength: end - begin };
}

function checkCoverage(source: ByteSource, tensors: readonly TensorEntry[], dataStart: number): void {
  if (tensors.length === 0 || tensors.length > MAX_TENSORS) {
    throw modelFault(source.path, `holds ${tensors.length} tensors; 1 to ${MAX_TENSORS} are allowed`, DAMAGED);
  }
  let end = dataStart;
  for (const tensor of [...tensors].sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength)) {
    if (tensor.offset !== end) {
      const fault = tensor.offset < end ? 'overlaps the one before it' : 'leaves a gap before it';
      throw modelFault(source.path, `tensor ${tensor.name} ${fault}`, DAMAGED);
    }
    end += tensor.byteLength;
  }
  if (end !== source.size) {
    const fault = end > source.size ? 'is truncated' : 'goes on behind its last tensor';
    throw modelFault(source.path, `${fault}: it has ${source.size} bytes, its header describes ${end}`, DAMAGED);
  }
}
