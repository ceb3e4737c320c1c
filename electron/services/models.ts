import { copyFile, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { printable, StemwrightError, toFault } from '../contract/errors.ts';
import { ModelCard, type ModelDescriptor, type SeparationMode } from '../contract/model.ts';
import type { SeparationOptions } from '../contract/separation.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeModel } from '../engine/native-jobs.ts';
import type { NativeModule } from '../engine/native.ts';
import { convertModel, type Precision } from '../weights/convert.ts';
import { readModel, type ModelFile, type SingleModel } from '../weights/formats.ts';
import { assetsFolder } from './folders.ts';
import { checkId, houseId, type Manifest, type ModelStore } from './model-store.ts';
import { publishedQuality } from './official-models.ts';

/** A model in memory, ready to separate. */
export interface LoadedModel {
  id: string;
  sha256: string;
  sources: string[];
  channels: 1 | 2;
  rate: number;
  /** Modes whose quality is known. */
  modes: SeparationMode[];
  parts: { model: NativeModel; weights: number[] }[];
  loadSeconds: number;
  dispose(): void;
}

export interface ModelLocation {
  id: string;
  path: string;
}

const house: ModelLocation = { id: houseId, path: join(assetsFolder, 'models', 'house.safetensors') };

/** Every model that can be named by its id. Those that cannot be read come with the reason as their description. */
export async function listModels(store: ModelStore): Promise<ModelDescriptor[]> {
  const card = await readHouseCard();
  const { version, quality, limits, trainingSources } = card;
  const models: ModelDescriptor[] = [{ ...(await describe({ ...card, file: house.path })), version, quality, limits, trainingSources }];
  for (const id of await store.ids()) {
    const { manifest, path } = await store.find(id);
    models.push({ ...(await describe({ ...manifest, file: path })), version: null, quality: [], limits: [], trainingSources: [] });
  }
  return models;
}

async function readHouseCard(): Promise<ModelCard> {
  return ModelCard.parse(JSON.parse(await readFile(house.path.replace(/\.safetensors$/, '.json'), 'utf8')));
}

type Described = Omit<ModelDescriptor, 'version' | 'quality' | 'limits' | 'trainingSources'>;

async function describe({ id, name, description, licence, file: path }: Pick<Manifest, 'id' | 'name' | 'description' | 'licence' | 'file'>): Promise<Described> {
  const common = { id, name, licence, builtIn: id === houseId, path };
  let file: ModelFile;
  try {
    file = await readModel(path);
  } catch (error) {
    const { message } = toFault(error);
    return { ...common, description: `cannot be used: ${message}`, sources: [], modes: [], bytes: 0, parameters: null, published: null };
  }
  const sizes = await Promise.all(membersOf(file).map(({ model }) => stat(model.path)));
  const bytes = sizes.reduce((sum, { size }) => sum + size, 0);
  const parameters = membersOf(file).reduce((sum, { model }) => sum + parametersOf(model), 0);
  return { ...common, description, sources: sourcesOf(file), modes: file.modes, bytes, parameters, published: publishedQuality(file) };
}

/**
 * @param name a model's id, or a path relative to `folder`
 * @throws StemwrightError 'model' when there is neither
 */
export async function findModel(store: ModelStore, name: string, folder: string): Promise<ModelLocation> {
  if (name === houseId) {
    return house;
  }
  if (await store.has(name)) {
    return { id: name, path: (await store.find(name)).path };
  }
  const path = resolve(folder, name);
  const found = await stat(path).catch(() => null);
  if (found === null) {
    throw new StemwrightError('model', `there is no model "${printable(name)}"`, '`stemwright models list` shows those there are; a file may be given by its path.');
  }
  return { id: nameOf(path), path };
}

function nameOf(path: string): string {
  return basename(path).replace(/\.[^.]+$/, '');
}

function sourcesOf(file: ModelFile): string[] {
  return membersOf(file)[0]?.model.config.sources ?? [];
}

function parametersOf({ tensors }: SingleModel): number {
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}

/** A single model is a bag of one. */
function membersOf(file: ModelFile): { model: SingleModel; weights: number[] }[] {
  return file.format === 'bag' ? file.members : [{ model: file, weights: file.config.sources.map(() => 1) }];
}

export interface NetworkFacts {
  sources: string[];
  rate: number;
  channels: number;
  /** That the model was trained for. */
  segmentSeconds: number;
}

/** What a model makes, without loading it. @throws StemwrightError 'model' */
export async function describeNetwork(store: ModelStore, id: string): Promise<NetworkFacts> {
  const { path } = await findModel(store, id, '/');
  const file = await readModel(path);
  const config = membersOf(file)[0]?.model.config;
  return { sources: sourcesOf(file), rate: config?.sampleRate ?? 0, channels: config?.audioChannels ?? 0, segmentSeconds: config === undefined ? 0 : config.segment[0] / config.segment[1] };
}

/** How a model is computed. */
export type ComputeOptions = Pick<SeparationOptions, 'precision' | 'groupNorm'>;

/**
 * Reads a model's files, checks them and hands them to the engine.
 * @throws StemwrightError 'usage' when this processor does not compute like that
 */
export async function loadModel(native: NativeModule, { id, path }: ModelLocation, { precision, groupNorm }: Partial<ComputeOptions> = {}): Promise<LoadedModel> {
  if (precision === 'bf16' && native.info().bf16 === '') {
    throw new StemwrightError('usage', 'this processor does not compute in bf16', 'Choose fp32.');
  }
  const start = performance.now();
  const file = await readModel(path);
  const parts: LoadedModel['parts'] = [];
  const dispose = () => {
    parts.forEach(({ model }) => {
      model.dispose();
    });
  };
  try {
    for (const { model, weights } of membersOf(file)) {
      parts.push({ model: await native.openModel({ path: model.path, tensors: model.tensors, config: model.config, precision, groupNorm }), weights });
    }
  } catch (error) {
    dispose();
    throw fromNative(error);
  }
  const first = parts[0]?.model.info;
  if (first === undefined) {
    throw new StemwrightError('model', `${printable(path)}: holds no model`, 'Choose another.');
  }
  return {
    id,
    sha256: file.sha256,
    sources: first.sources,
    channels: first.channels === 1 ? 1 : 2,
    rate: first.sampleRate,
    modes: file.modes,
    parts,
    loadSeconds: (performance.now() - start) / 1000,
    dispose,
  };
}

/** Copies a model file, or a bag with its members, into the store, once the engine has accepted it. */
export async function importModel(native: NativeModule, store: ModelStore, path: string, name: string | null): Promise<Manifest> {
  const id = checkId(name ?? nameOf(path).toLowerCase().replaceAll(/[^a-z0-9_.-]+/g, '-'));
  const file = await readModel(path);
  (await loadModel(native, { id, path })).dispose();
  return store.install(id, async (folder) => {
    const members = file.format === 'bag' ? file.members.map(({ model }) => model.path) : [];
    for (const from of [path, ...members, ...(await kwargsBeside(file))]) {
      await copyFile(from, join(folder, basename(from)));
    }
    const card = file.format === 'bag' ? {} : file.card;
    return {
      version: 1,
      id,
      name: card['name'] ?? id,
      description: `imported from ${basename(path)}`,
      licence: card['licence'] ?? card['license'] ?? 'not stated in the file',
      file: basename(path),
      sha256: file.sha256,
    };
  });
}

/** The JSON files from which models without metadata took their kwargs. */
async function kwargsBeside(file: ModelFile): Promise<string[]> {
  const beside = membersOf(file).map(({ model }) => model.path.replace(/(?:\.safetensors)?$/i, '.json'));
  const found = await Promise.all(beside.map(async (path) => ((await stat(path).catch(() => null))?.isFile() === true ? path : null)));
  return found.filter((path) => path !== null);
}

/** Reads the whole model again, and holds it against what was installed and against the engine's graph. */
export async function verifyModel(native: NativeModule, store: ModelStore, id: string): Promise<{ sha256: string }> {
  const location = await findModel(store, id, '/');
  const model = await loadModel(native, location);
  model.dispose();
  const { sha256: expected } = id === houseId ? await readHouseCard() : (await store.find(id)).manifest;
  if (model.sha256 !== expected) {
    throw new StemwrightError('model', `model "${id}" has changed since it was installed`, `Remove it with \`stemwright models remove ${id}\` and install it again.`);
  }
  return { sha256: model.sha256 };
}

/** Installs the model again at half the size, as `<id>-fp16` or `<id>-bf16`. */
export async function convertInstalled(store: ModelStore, id: string, precision: Precision): Promise<Manifest> {
  const { path } = await findModel(store, id, '/');
  const file = await readModel(path);
  const from = (await listModels(store)).find((model) => model.id === id);
  const target = `${id}-${precision}`;
  return store.install(target, async (folder) => {
    const entry = file.format === 'bag' ? `${target}.yaml` : `${target}.safetensors`;
    for (const { model } of membersOf(file)) {
      const name = file.format === 'bag' ? `${basename(model.path).replace(/\.[^.]+$/, '')}.safetensors` : entry;
      await convertModel(model, join(folder, name), precision);
    }
    if (file.format === 'bag') {
      await copyFile(path, join(folder, entry));
    }
    const { sha256 } = await readModel(join(folder, entry));
    return { version: 1, id: target, name: target, description: `${from?.description ?? id}; ${precision}`, licence: from?.licence ?? '', file: entry, sha256 };
  });
}
