import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

interface ZippedFile {
  name: string;
  path: string;
}

interface Entry {
  name: Buffer;
  size: number;
  crc: number;
  offset: number;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value;
});

const max32 = 0xffff_ffff;
/** 1980-01-01, the format's zero: when a stem was written tells nobody anything. */
const date = 0x0021;
const utf8Names = 0x0800;
const zip64Version = 45;

/**
 * The files as a zip, stored as they are: sound hardly packs. Sizes past 4 GB are written as Zip64.
 * @throws Error when a file changes on the way
 */
export async function* zip(files: readonly ZippedFile[]): AsyncGenerator<Buffer, void> {
  const entries: Entry[] = [];
  let offset = 0;
  for (const file of files) {
    const entry = { name: Buffer.from(file.name), size: (await stat(file.path)).size, crc: await crc32(file.path), offset };
    const header = localHeader(entry);
    yield header;
    let bytes = 0;
    for await (const chunk of createReadStream(file.path) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      yield chunk;
    }
    if (bytes !== entry.size) {
      throw new Error(`${file.name} changed while it was being sent`);
    }
    entries.push(entry);
    offset += header.length + bytes;
  }
  const directory = Buffer.concat(entries.map(centralHeader));
  yield directory;
  yield end(entries.length, directory.length, offset);
}

async function crc32(path: string): Promise<number> {
  let crc = max32;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
    }
  }
  return (crc ^ max32) >>> 0;
}

/** The Zip64 field: those of the values that 32 bits cannot hold. */
function extra(values: readonly number[]): Buffer {
  const large = values.filter((value) => value >= max32);
  if (large.length === 0) {
    return Buffer.alloc(0);
  }
  const field = Buffer.alloc(4 + 8 * large.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * large.length, 2);
  large.forEach((value, index) => field.writeBigUInt64LE(BigInt(value), 4 + 8 * index));
  return field;
}

function localHeader({ name, size, crc }: Entry): Buffer {
  const field = extra([size, size]);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x0403_4b50, 0);
  header.writeUInt16LE(zip64Version, 4);
  header.writeUInt16LE(utf8Names, 6);
  header.writeUInt16LE(date, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(Math.min(size, max32), 18);
  header.writeUInt32LE(Math.min(size, max32), 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(field.length, 28);
  return Buffer.concat([header, name, field]);
}

function centralHeader({ name, size, crc, offset }: Entry): Buffer {
  const field = extra([size, size, offset]);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x0201_4b50, 0);
  header.writeUInt16LE(zip64Version, 4);
  header.writeUInt16LE(zip64Version, 6);
  header.writeUInt16LE(utf8Names, 8);
  header.writeUInt16LE(date, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(Math.min(size, max32), 20);
  header.writeUInt32LE(Math.min(size, max32), 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(field.length, 30);
  header.writeUInt32LE(Math.min(offset, max32), 42);
  return Buffer.concat([header, name, field]);
}

function end(count: number, bytes: number, offset: number): Buffer {
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x0606_4b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(zip64Version, 12);
  end64.writeUInt16LE(zip64Version, 14);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(bytes), 40);
  end64.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x0706_4b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8);
  locator.writeUInt32LE(1, 16);
  const last = Buffer.alloc(22);
  last.writeUInt32LE(0x0605_4b50, 0);
  last.writeUInt16LE(count, 8);
  last.writeUInt16LE(count, 10);
  last.writeUInt32LE(bytes, 12);
  last.writeUInt32LE(Math.min(offset, max32), 16);
  return offset >= max32 ? Buffer.concat([end64, locator, last]) : last;
}
