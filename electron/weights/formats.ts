import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { printable } from '../contract/errors.ts';
import { SeparationMode } from '../contract/model.ts';
import type { HTDemucsConfig, TensorEntry } from '../contract/network.ts';
import { findMember, MAX_BAG_BYTES, parseBag } from './bag.ts';
import { parseKwargs } from './config.ts';
import { DAMAGED, modelFault, SUPPORTED } from './errors.ts';
import { parseJson } from './json.ts';
import { foreignModel, toDemucsNames } from './names.ts';
import { claimedHeaderBytes, readSafetensors } from './safetensors.ts';
import { FileSource, MAX_READ_BYTES, type ByteSource } from './source.ts';
import { readTorchPackage } from './torch-package.ts';
import { startsAsZip } from './zip.ts';

/** One network: what the engine needs to open it. Which tensors must be there, and how large, the engine's graph knows. */
export interface SingleModel {
  format: 'safetensors' | 'demucs-package';
  path: string;
  /** Under Demucs' names. */
  tensors: TensorEntry[];
  config: HTDemucsConfig;
  /** Demucs' keyword arguments as the file has them, from which `config` was made. */
  kwargs: Record<string, unknown>;
  /** Modes that the model was trained for. */
  modes: SeparationMode[];
  /** What the file says of itself: name, licence, … Text from outside, not checked. */
  card: Record<string, string>;
  sha256: string;
}

/** Several networks of the same sources, rate and channels, averaged with weights. */
export interface BagModel {
  format: 'bag';
  path: string;
  /** `weights` has one number for each source; over the members, no source's weights are all 0. */
  members: { model: SingleModel; weights: number[] }[];
  modes: SeparationMode[];
  /** Of the members' digests and weights: the bag's own text says nothing about the networks. */
  sha256: string;
}

export type ModelFile = SingleModel | BagModel;

/**
 * Recognises a model by its content, whatever its file's name.
 * @throws StemwrightError of code 'model'
 */
export async function readModel(path: string): Promise<ModelFile> {
  await refuseFolder(path);
  const source = await FileSource.open(path);
  try {
    return isText(await readStart(source)) ? await readBag(source) : await readSingle(source);
  } finally {
    await source.close();
  }
}

/** Like readModel, of a file that is open already and no bag. */
export async function readSingle(source: ByteSource): Promise<SingleModel> {
  const start = await readStart(source);
  if (claimedHeaderBytes(start) !== null) {
    return readSafetensorsModel(source);
  }
  if (startsAsZip(start)) {
    return readDemucsPackage(source);
  }
  const foreign = FOREIGN_STARTS.find(({ test }) => test(start));
  throw modelFault(source.path, foreign?.what ?? 'is not a model file', foreign?.hint ?? SUPPORTED);
}

const START_BYTES = 1024;

function readStart(source: ByteSource): Promise<Buffer> {
  return source.read(0, Math.min(source.size, START_BYTES));
}

const FOREIGN_STARTS = [
  {
    test: (start: Buffer) => start.length === 0,
    what: 'is empty',
    hint: DAMAGED,
  },
  {
    // Every pickle of protocol 2 or later; PyTorch before 1.6 wrote several in a row, with no zip around them.
    test: (start: Buffer) => start[0] === 0x80 && (start[1] ?? 0) >= 2 && (start[1] ?? 0) <= 5,
    what: 'is in the format of PyTorch before 1.6',
    hint: 'Load and save it again with a newer PyTorch, or use the model as a safetensors file.',
  },
  {
    // Both are protobuf messages that begin with a small version number and go on with field 2 or 7.
    test: (start: Buffer) => start[0] === 0x08 && (start[1] ?? 0) < 0x80 && (start[2] === 0x12 || start[2] === 0x3a),
    what: 'is an ONNX or Core ML model, which is not supported',
    hint: SUPPORTED,
  },
];

async function refuseFolder(path: string): Promise<void> {
  const isFolder = await stat(path).then((found) => found.isDirectory(), () => false);
  if (!isFolder) {
    return;
  }
  const markers = await Promise.all(['Manifest.json', 'coremldata.bin'].map((name) => stat(join(path, name)).then(() => true, () => false)));
  throw markers.includes(true)
    ? modelFault(path, 'is a Core ML package, which is not supported', SUPPORTED)
    : modelFault(path, 'is a folder', 'Name a model file.');
}

async function readSafetensorsModel(source: ByteSource): Promise<SingleModel> {
  const { tensors, metadata } = await readSafetensors(source);
  const foreign = foreignModel(tensors.map(({ name }) => name));
  if (foreign !== null) {
    throw modelFault(source.path, foreign, SUPPORTED);
  }
  const embedded = metadata.get('kwargs');
  const kwargs = embedded === undefined ? await readKwargsBeside(source.path) : parseText(source.path, 'kwargs', embedded);
  return {
    format: 'safetensors',
    path: source.path,
    tensors: toDemucsNames(source.path, tensors),
    ...checkedKwargs(source.path, kwargs),
    modes: parseModes(source.path, metadata.get('modes')),
    card: Object.fromEntries([...metadata].filter(([name]) => name !== 'kwargs' && name !== 'modes')),
    sha256: await sha256Of(source),
  };
}

async function readDemucsPackage(source: ByteSource): Promise<SingleModel> {
  const { tensors, kwargs } = await readTorchPackage(source);
  const model: SingleModel = {
    format: 'demucs-package',
    path: source.path,
    tensors: toDemucsNames(source.path, tensors),
    ...checkedKwargs(source.path, kwargs),
    modes: ['full'],
    card: {},
    sha256: await sha256Of(source),
  };
  // Official packages are called <signature>-<first eight digits of their SHA-256>.th.
  const promised = /^[0-9a-f]{8}-([0-9a-f]{8})\.th$/.exec(basename(source.path))?.[1];
  if (promised !== undefined && !model.sha256.startsWith(promised)) {
    throw modelFault(source.path, `has the SHA-256 ${model.sha256.slice(0, 8)}…, not the one in its name`, DAMAGED);
  }
  return model;
}

function checkedKwargs(path: string, value: unknown): { config: HTDemucsConfig; kwargs: Record<string, unknown> } {
  const config = parseKwargs(path, value);
  return { config, kwargs: z.record(z.string(), z.unknown()).parse(value) };
}

const KWARGS_LIMITS = { depth: 8, commas: 1000 };

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
  const source = await FileSource.open(beside).catch(() => {
    throw modelFault(path, 'has no kwargs in its metadata', `Put the model's Demucs kwargs into ${printable(beside)}.`);
  });
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

/** Whether a file begins as a line of YAML may, and as no binary format does. */
function isText(start: Buffer): boolean {
  return start.length > 0 && !/[^\t\n\r\x20-\x7e\x80-\xff]/.test(start.toString('latin1'));
}

async function readBag(source: ByteSource): Promise<BagModel> {
  if (source.size > MAX_BAG_BYTES) {
    throw modelFault(source.path, 'is a text file, but too large to be a bag', SUPPORTED);
  }
  const bag = parseBag(source.path, (await source.read(0, source.size)).toString('utf8'));
  const members: BagModel['members'] = [];
  for (const { signature, weights } of bag.members) {
    const model = await readMember(await findMember(source.path, signature));
    members.push({ model, weights: weights ?? model.config.sources.map(() => 1) });
  }
  checkMembers(source.path, members);
  const modes = SeparationMode.options.filter((mode) => members.every(({ model }) => model.modes.includes(mode)));
  const identity = JSON.stringify(members.map(({ model, weights }) => [model.sha256, weights]));
  return { format: 'bag', path: source.path, members, modes, sha256: createHash('sha256').update(identity).digest('hex') };
}

async function readMember(path: string): Promise<SingleModel> {
  const source = await FileSource.open(path);
  try {
    return await readSingle(source);
  } finally {
    await source.close();
  }
}

function checkMembers(path: string, members: BagModel['members']): void {
  const first = members[0]?.model.config;
  for (const { model, weights } of members) {
    const same = ['sources', 'sampleRate', 'audioChannels'] as const;
    const differs = same.find((name) => JSON.stringify(model.config[name]) !== JSON.stringify(first?.[name]));
    if (differs !== undefined) {
      throw modelFault(path, `its models differ in ${differs}`, 'Only models of the same sources, rate and channels can be averaged.');
    }
    if (weights.length !== model.config.sources.length) {
      throw modelFault(path, `has ${weights.length} weights for ${model.config.sources.length} sources`, 'Correct the bag.');
    }
  }
  const orphan = first?.sources.findIndex((_, i) => members.every(({ weights }) => weights[i] === 0)) ?? -1;
  if (orphan >= 0) {
    throw modelFault(path, `gives no model a weight for ${first?.sources[orphan] ?? ''}`, 'Correct the bag.');
  }
}

async function sha256Of(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < source.size; offset += MAX_READ_BYTES) {
    hash.update(await source.read(offset, Math.min(MAX_READ_BYTES, source.size - offset)));
  }
  return hash.digest('hex');
}
