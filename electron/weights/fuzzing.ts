/** Mutation fuzzing of the model readers: whatever a file holds, they end in a model or in a one-line fault. */
import { StemwrightError } from '../contract/errors.ts';
import { readSingle } from './formats.ts';
import { TINY_KWARGS } from './testing.ts';
import { cpuMs } from './testing-faults.ts';
import { contiguousStrides, encodePackage, encodeSafetensors, encodeZip, MemorySource, packagePickle, pickled } from './testing-archives.ts';

export interface FuzzResult {
  runs: number;
  /** Mutations that were still a model. */
  accepted: number;
  /** Processor time of the slowest run. */
  slowestMs: number;
  /** Bytes read, as a multiple of the file's. */
  mostRead: number;
}

const tensors = [
  { name: 'encoder.0.conv.weight', shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
  { name: 'encoder.0.conv.bias', shape: [2], values: Float32Array.of(7, 8) },
];

/** Small, valid files of every format: what mutations start from. */
export function seedFiles(): Buffer[] {
  const state = pickled.dict(...tensors.map(({ name, shape }): [Buffer, Buffer] => [
    pickled.text(name),
    pickled.tensor(pickled.storage('FloatStorage', '0', 8), 0, shape, contiguousStrides(shape)),
  ]));
  const wide = [{ name: 'm/data.pkl', data: packagePickle(TINY_KWARGS, state) }, { name: 'm/data/0', data: Buffer.alloc(32) }];
  return [
    encodeSafetensors(tensors, { kwargs: JSON.stringify(TINY_KWARGS), modes: '["full"]' }),
    encodePackage(TINY_KWARGS, tensors),
    encodeZip(wide, { zip64: true }),
  ];
}

/**
 * Reads one file that may hold anything.
 * @return whether it was a model
 * @throws what is neither a model nor a one-line fault, or took too long or read too much
 */
export async function readHostile(bytes: Buffer): Promise<{ accepted: boolean; ms: number; read: number }> {
  const source = new MemorySource(bytes);
  const started = cpuMs();
  const accepted = await readSingle(source).then(() => true, (error: unknown) => {
    if (!(error instanceof StemwrightError) || error.code !== 'model' || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(error.message) || error.message.length > 500) {
      throw error;
    }
    return false;
  });
  return { accepted, ms: cpuMs() - started, read: source.bytesRead / Math.max(bytes.length, 1024) };
}

/** Mutates the seed files until `isOver`; the same seed gives the same files. */
export async function fuzz(seed: number, isOver: (runs: number) => boolean): Promise<FuzzResult> {
  const random = new Random(seed);
  const files = seedFiles();
  const result = { runs: 0, accepted: 0, slowestMs: 0, mostRead: 0 };
  while (!isOver(result.runs)) {
    const mutated = mutate(random, files);
    const { accepted, ms, read } = await readHostile(mutated).catch((error: unknown) => {
      throw new Error(`seed ${seed}, run ${result.runs}: ${mutated.toString('base64')}`, { cause: error });
    });
    result.runs++;
    result.accepted += accepted ? 1 : 0;
    result.slowestMs = Math.max(result.slowestMs, ms);
    result.mostRead = Math.max(result.mostRead, read);
  }
  return result;
}

class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number below `limit`: mulberry32. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

function mutate(random: Random, files: readonly Buffer[]): Buffer {
  let bytes: Buffer = Buffer.from(files[random.below(files.length)] ?? Buffer.alloc(0));
  for (let left = 1 + random.below(4); left > 0; left--) {
    bytes = mutateOnce(random, bytes, files);
  }
  return bytes;
}

function mutateOnce(random: Random, bytes: Buffer, files: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(32));
  switch (random.below(6)) {
    case 0:
      bytes.fill(random.below(256), at, Math.min(bytes.length, at + 1));
      return bytes;
    case 1: {
      const value = INTERESTING[random.below(INTERESTING.length)] ?? 0;
      if (at + 4 <= bytes.length) {
        bytes.writeUInt32LE(value, at);
      }
      return bytes;
    }
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 4:
      return Buffer.from(bytes.subarray(0, at));
    default: {
      const other = files[random.below(files.length)] ?? bytes;
      const from = random.below(other.length);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + 64), bytes.subarray(end)]);
    }
  }
}
