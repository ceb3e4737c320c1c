import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { fromWriteError } from '../contract/errors.ts';
import type { Dtype, TensorEntry } from '../contract/network.ts';
import { modelFault } from './errors.ts';
import { decodeBf16, decodeF16, encodeBf16, encodeF16 } from './float16.ts';
import type { SingleModel } from './formats.ts';
import { FileSource, type ByteSource } from './source.ts';
import { DTYPE_BYTES } from './tensors.ts';

export type Precision = 'fp16' | 'bf16';

const CHUNK_ELEMENTS = 256 * 1024;

interface Target {
  dtype: Dtype;
  encode: (value: number) => number;
  /** The bits of infinity. */
  infinity: number;
}

const TARGETS: Record<Precision, Target> = {
  fp16: { dtype: 'F16', encode: encodeF16, infinity: 0x7c00 },
  bf16: { dtype: 'BF16', encode: encodeBf16, infinity: 0x7f80 },
};

/**
 * Writes the model as a safetensors file of half the size of float, under Demucs' names, with its kwargs, modes and
 * card. `path` appears only once it is complete. Memory does not grow with the model.
 * @throws StemwrightError that names the first tensor with a value that `precision` cannot hold
 */
export async function convertModel(model: SingleModel, path: string, precision: Precision): Promise<void> {
  const source = await FileSource.open(model.path);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const output = await open(temporary, 'wx');
    try {
      await writeModel(source, model, output, TARGETS[precision]);
      await output.sync();
    } finally {
      await output.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fromWriteError(error, path);
  } finally {
    await source.close();
  }
}

async function writeModel(source: ByteSource, model: SingleModel, output: FileHandle, target: Target): Promise<void> {
  await output.writeFile(encodeHeader(model, target.dtype));
  for (const tensor of model.tensors) {
    const size = DTYPE_BYTES[tensor.dtype];
    for (let done = 0; done < tensor.byteLength; done += CHUNK_ELEMENTS * size) {
      const bytes = await source.read(tensor.offset + done, Math.min(CHUNK_ELEMENTS * size, tensor.byteLength - done));
      await output.writeFile(convertChunk(source.path, tensor, bytes, target));
    }
  }
}

function encodeHeader(model: SingleModel, dtype: Dtype): Buffer {
  const metadata = { ...model.card, format: 'pt', kwargs: JSON.stringify(model.kwargs), modes: JSON.stringify(model.modes) };
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, dtype: from, shape, byteLength } of model.tensors) {
    const begin = end;
    end += (byteLength / DTYPE_BYTES[from]) * DTYPE_BYTES[dtype];
    header[name] = { dtype, shape, data_offsets: [begin, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  // Spaces at the end put the tensors on a multiple of 8.
  const padded = Buffer.concat([Buffer.alloc(8), text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  padded.writeBigUInt64LE(BigInt(padded.length - 8));
  return padded;
}

function convertChunk(path: string, tensor: TensorEntry, bytes: Buffer, target: Target): Buffer {
  const size = DTYPE_BYTES[tensor.dtype];
  const decode = DECODERS[tensor.dtype];
  const converted = Buffer.alloc((bytes.length / size) * DTYPE_BYTES[target.dtype]);
  for (let from = 0, to = 0; from < bytes.length; from += size, to += 2) {
    const value = decode(bytes, from);
    const encoded = target.encode(value);
    if ((encoded & target.infinity) === target.infinity) {
      const hint = Number.isFinite(value) ? 'Choose --precision bf16.' : 'The model is damaged.';
      throw modelFault(path, `tensor ${tensor.name} holds ${value}, which ${target.dtype} cannot`, hint);
    }
    converted.writeUInt16LE(encoded, to);
  }
  return converted;
}

const DECODERS: Record<Dtype, (bytes: Buffer, at: number) => number> = {
  F32: (bytes, at) => bytes.readFloatLE(at),
  F16: (bytes, at) => decodeF16(bytes.readUInt16LE(at)),
  BF16: (bytes, at) => decodeBf16(bytes.readUInt16LE(at)),
};
