import { DAMAGED, modelFault, quoted } from './errors.ts';
import { MAX_READ_BYTES, type ByteSource } from './source.ts';

/** An entry of a zip that is stored as it is: its bytes are `byteLength` bytes of the file, from `offset`. */
export interface ZipEntry {
  name: string;
  offset: number;
  byteLength: number;
}

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const END64_LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_ENTRIES = 20_000;

interface Directory {
  offset: number;
  byteLength: number;
  entries: number;
}

interface CentralEntry {
  name: string;
  headerOffset: number;
  byteLength: number;
}

export function startsAsZip(start: Buffer): boolean {
  return start.length >= 4 && start.readUInt32LE(0) === 0x04034b50;
}

/**
 * The entries of a zip whose every entry is stored: what PyTorch writes. Nothing is ever unpacked.
 * @throws StemwrightError
 */
export async function readZip(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const directory = await findDirectory(source);
  const bytes = await source.read(directory.offset, directory.byteLength);
  const central = parseDirectory(source, bytes, directory);
  const entries = new Map<string, ZipEntry>();
  let end = 0;
  for (const entry of central.sort((a, b) => a.headerOffset - b.headerOffset)) {
    if (entries.has(entry.name)) {
      throw modelFault(source.path, `its zip directory holds ${quoted(entry.name)} twice`, DAMAGED);
    }
    if (entry.headerOffset < end) {
      throw modelFault(source.path, `zip entry ${quoted(entry.name)} overlaps the one before it`, DAMAGED);
    }
    const offset = await dataOffset(source, entry);
    end = offset + entry.byteLength;
    if (end > directory.offset) {
      throw modelFault(source.path, `zip entry ${quoted(entry.name)} reaches into the directory`, DAMAGED);
    }
    entries.set(entry.name, { name: entry.name, offset, byteLength: entry.byteLength });
  }
  return entries;
}

async function findDirectory(source: ByteSource): Promise<Directory> {
  const tailBytes = Math.min(source.size, END_BYTES + MAX_COMMENT_BYTES);
  const tailStart = source.size - tailBytes;
  const tail = await source.read(tailStart, tailBytes);
  // The comment must reach exactly to the end of the file: a signature inside a comment is not taken for the record.
  for (let at = tailBytes - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) === 0x06054b50 && tail.readUInt16LE(at + 20) === tailBytes - END_BYTES - at) {
      return checkedDirectory(source, await readEnd(source, tail.subarray(at), tailStart + at), tailStart + at);
    }
  }
  throw modelFault(source.path, 'has no zip directory: its end is missing', DAMAGED);
}

async function readEnd(source: ByteSource, end: Buffer, at: number): Promise<Directory> {
  const directory = { entries: end.readUInt16LE(10), byteLength: end.readUInt32LE(12), offset: end.readUInt32LE(16) };
  const isZip64 = directory.entries === 0xffff || directory.byteLength === 0xffffffff || directory.offset === 0xffffffff;
  if (end.readUInt16LE(4) !== 0 || end.readUInt16LE(6) !== 0 || end.readUInt16LE(8) !== directory.entries) {
    throw modelFault(source.path, 'is one part of a zip in several parts', 'Join the parts first.');
  }
  return isZip64 ? readEnd64(source, at - END64_LOCATOR_BYTES) : directory;
}

async function readEnd64(source: ByteSource, locatorAt: number): Promise<Directory> {
  const locator = locatorAt >= 0 ? await source.read(locatorAt, END64_LOCATOR_BYTES) : null;
  if (locator?.readUInt32LE(0) !== 0x07064b50) {
    throw modelFault(source.path, 'its zip64 directory is missing', DAMAGED);
  }
  const end = await source.read(safeNumber(source, locator.readBigUInt64LE(8)), END64_BYTES);
  if (end.readUInt32LE(0) !== 0x06064b50) {
    throw modelFault(source.path, 'its zip64 directory is missing', DAMAGED);
  }
  return {
    entries: safeNumber(source, end.readBigUInt64LE(32)),
    byteLength: safeNumber(source, end.readBigUInt64LE(40)),
    offset: safeNumber(source, end.readBigUInt64LE(48)),
  };
}

function checkedDirectory(source: ByteSource, directory: Directory, endAt: number): Directory {
  if (directory.entries > MAX_ENTRIES || directory.byteLength > MAX_READ_BYTES) {
    throw modelFault(source.path, `claims a zip directory of ${directory.entries} entries in ${directory.byteLength} bytes`, DAMAGED);
  }
  if (directory.offset + directory.byteLength > endAt) {
    throw modelFault(source.path, 'its zip directory lies outside the file', DAMAGED);
  }
  return directory;
}

function safeNumber(source: ByteSource, value: bigint): number {
  if (value > BigInt(source.size)) {
    throw modelFault(source.path, `a zip field claims ${value.toString()}, beyond the file's ${source.size} bytes`, DAMAGED);
  }
  return Number(value);
}

function parseDirectory(source: ByteSource, bytes: Buffer, { entries }: Directory): CentralEntry[] {
  const parsed: CentralEntry[] = [];
  let at = 0;
  for (let index = 0; index < entries; index++) {
    if (at + CENTRAL_BYTES > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) {
      throw modelFault(source.path, `its zip directory ends after ${index} of ${entries} entries`, DAMAGED);
    }
    const nameEnd = at + CENTRAL_BYTES + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const next = extraEnd + bytes.readUInt16LE(at + 32);
    if (next > bytes.length) {
      throw modelFault(source.path, `its zip directory ends inside entry ${index}`, DAMAGED);
    }
    parsed.push(parseCentral(source, bytes.subarray(at, extraEnd), nameEnd - at));
    at = next;
  }
  return parsed;
}

function parseCentral(source: ByteSource, record: Buffer, nameEnd: number): CentralEntry {
  const name = record.toString('utf8', CENTRAL_BYTES, nameEnd);
  checkStored(source, name, record.readUInt16LE(8), record.readUInt16LE(10));
  const sizes = [record.readUInt32LE(24), record.readUInt32LE(20), record.readUInt32LE(42)];
  const wide = zip64Fields(record.subarray(nameEnd));
  const [byteLength, packedLength, headerOffset] = sizes.map((size) => {
    const value = size === 0xffffffff ? wide.shift() : BigInt(size);
    if (value === undefined) {
      throw modelFault(source.path, `zip entry ${quoted(name)} lacks its zip64 sizes`, DAMAGED);
    }
    return safeNumber(source, value);
  });
  if (byteLength === undefined || headerOffset === undefined || byteLength !== packedLength) {
    throw modelFault(source.path, `zip entry ${quoted(name)} is stored but has two lengths`, DAMAGED);
  }
  return { name, headerOffset, byteLength };
}

function checkStored(source: ByteSource, name: string, flags: number, method: number): void {
  if ((flags & 0x2041) !== 0) {
    throw modelFault(source.path, `zip entry ${quoted(name)} is encrypted`, 'Save the model without a password.');
  }
  if (method !== 0) {
    throw modelFault(source.path, `zip entry ${quoted(name)} is compressed`, 'Use the file as PyTorch wrote it, or zip it again with `zip -0`.');
  }
}

/** The 64-bit numbers of the zip64 extra field, in the order in which the 32-bit fields need them. */
function zip64Fields(extra: Buffer): bigint[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1 && end <= extra.length) {
      return Array.from({ length: Math.floor((end - at - 4) / 8) }, (_, i) => extra.readBigUInt64LE(at + 4 + 8 * i));
    }
    at = end;
  }
  return [];
}

/** Where an entry's bytes begin: behind its local header, whose name must be the directory's. */
async function dataOffset(source: ByteSource, entry: CentralEntry): Promise<number> {
  const header = await source.read(entry.headerOffset, LOCAL_BYTES + Buffer.byteLength(entry.name));
  if (header.readUInt32LE(0) !== 0x04034b50 || header.toString('utf8', LOCAL_BYTES) !== entry.name || header.readUInt16LE(26) !== header.length - LOCAL_BYTES) {
    throw modelFault(source.path, `zip entry ${quoted(entry.name)} is not where the directory says`, DAMAGED);
  }
  checkStored(source, entry.name, header.readUInt16LE(6), header.readUInt16LE(8));
  return entry.headerOffset + header.length + header.readUInt16LE(28);
}
