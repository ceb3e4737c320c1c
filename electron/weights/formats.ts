import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseKwargs, type HTDemucsConfig } from './config.ts';
import { printable } from '../contract/errors.ts';
import { SeparationMode } from '../contract/model.ts';
import { DAMAGED, modelFault } from './errors.ts';
import { parseJson } from './json.ts';
import { toDemucsNames } from './names.ts';
import { claimedHeaderBytes, readSafetensors } from './safetensors.ts';
import { FileSource, MAX_READ_BYTES, type ByteSource } from './source.ts';
import type { TensorEntry } from './tensors.ts';

/** One network: what the engine needs to open it. Which tensors must be there, and how large, the engine's graph knows. */
export interface SingleModel {
  format: 'safetensors' | 'demucs-package';
  path: string;
  tensors: TensorEntry[];
  config: HTDemucsConfig;
  /** Modes that the model was trained for. */
  modes: SeparationMode[];
  /** What the file says of itself: name, licence, … Text from outside, not checked. */
  card: Record<string, string>;
  sha256: string;
}

export type ModelFile = SingleModel;

/**
 * Recognises a model file by its content, whatever its name.
 * @throws StemwrightError
 */
export async function readModel(path: string): Promise<ModelFile> {
  const source = await FileSource.open(path);
  try {
    return await readSingle(source);
  } finally {
    await source.close();
  }
}

async function readSingle(source: ByteSource): Promise<SingleModel> {
  const start = await source.read(0, Math.min(source.size, 4096));
  if (claimedHeaderBytes(start) !== null) {
    return readSafetensorsModel(source);
  }
  throw modelFault(source.path, 'is not a model file', DAMAGED);
}

async function readSafetensorsModel(source: ByteSource): Promise<SingleModel> {
  const { tensors, metadata } = await readSafetensors(source);
  const card = Object.fromEntries([...metadata].filter(([name]) => name !== 'kwargs' && name !== 'modes'));
  const embedded = metadata.get('kwargs');
  const kwargs = embedded === undefined ? await readKwargsBeside(source.path) : parseText(source.path, 'kwargs', embedded);
  return {
    format: 'safetensors',
    path: source.path,
    tensors: toDemucsNames(source.path, tensors),
    config: parseKwargs(source.path, kwargs),
    modes: parseModes(source.path, metadata.get('modes')),
    card,
    sha256: await sha256Of(source),
  };
}

const KWARGS_LIMITS = { depth: 8, values: 1000 };

function parseText(path: string, name: string, text: string): unknown {
  try {
    return parseJson(text, KWARGS_LIMITS);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw modelFault(path, `its ${name} ${error.message}`, DAMAGED);
    }
    throw error;
  }
}

/** `model.json` beside `model.safetensors`, holding the kwargs alone. */
async function readKwargsBeside(path: string): Promise<unknown> {
  const beside = path.replace(/(?:\.safetensors)?$/i, '.json');
  let source: FileSource;
  try {
    source = await FileSource.open(beside);
  } catch {
    throw modelFault(path, 'has no kwargs in its metadata', `Put the model's Demucs kwargs into ${printable(beside)}.`);
  }
  try {
    return parseText(beside, 'text', (await source.read(0, source.size)).toString('utf8'));
  } finally {
    await source.close();
  }
}

const modesSchema = z.array(SeparationMode).min(1);

function parseModes(path: string, text: string | undefined): SeparationMode[] {
  if (text === undefined) {
    return ['full'];
  }
  const modes = modesSchema.safeParse(parseText(path, 'modes', text));
  if (!modes.success) {
    throw modelFault(path, 'its modes are not a list of "full" and "time-only"', DAMAGED);
  }
  return [...new Set(modes.data)];
}

export async function sha256Of(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < source.size; offset += MAX_READ_BYTES) {
    hash.update(await source.read(offset, Math.min(MAX_READ_BYTES, source.size - offset)));
  }
  return hash.digest('hex');
}
