import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { printable, StemwrightError } from '../contract/errors.ts';
import { ModelCard, type ModelDescriptor, type SeparationMode } from '../contract/model.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeModel, NativeModule } from '../engine/native.ts';
import { readModel, type ModelFile } from '../weights/formats.ts';
import { assetsFolder } from './folders.ts';

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

export const houseModel = { id: 'house', path: join(assetsFolder, 'models', 'house.safetensors') };

/** Every model that can be named by its id. */
export async function listModels(): Promise<ModelDescriptor[]> {
  return [await describe(houseModel.path, true)];
}

async function describe(path: string, builtIn: boolean): Promise<ModelDescriptor> {
  const card = await readCard(path.replace(/\.[^.]+$/, '.json'));
  const file = await readModel(path);
  const { size } = await stat(path);
  const { id, name, description, licence } = card;
  return { id, name, description, licence, sources: sourcesOf(file), modes: file.modes, bytes: size, builtIn, path };
}

async function readCard(path: string): Promise<ModelCard> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new StemwrightError('model', `${printable(path)}: the model's card cannot be read`, 'Install the model again.', { cause: error });
  });
  const card = ModelCard.safeParse(JSON.parse(text));
  if (!card.success) {
    throw new StemwrightError('model', `${printable(path)}: not a model card`, 'Install the model again.', { cause: card.error });
  }
  return card.data;
}

/**
 * @param name a model's id, or a path relative to `folder`
 * @throws StemwrightError 'model' when there is neither
 */
export async function findModel(name: string, folder: string): Promise<{ id: string; path: string }> {
  if (name === houseModel.id) {
    return houseModel;
  }
  const path = join(folder, name);
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true) {
    throw new StemwrightError('model', `there is no model "${printable(name)}"`, '`stemwright models list` shows those there are; a file may be given by its path.');
  }
  return { id: basename(path).replace(/\.[^.]+$/, ''), path };
}

function sourcesOf(file: ModelFile): string[] {
  return membersOf(file)[0]?.model.config.sources ?? [];
}

/** A single model is a bag of one. */
function membersOf(file: ModelFile) {
  return file.format === 'bag' ? file.members : [{ model: file, weights: file.config.sources.map(() => 1) }];
}

/** Reads a model's files, checks them and hands them to the engine. */
export async function loadModel(native: NativeModule, id: string, path: string): Promise<LoadedModel> {
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
      parts.push({ model: await native.openModel({ path: model.path, tensors: model.tensors, config: model.config }), weights });
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
