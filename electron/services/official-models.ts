import { rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { printable, StemwrightError } from '../contract/errors.ts';
import { readModel } from '../weights/formats.ts';
import { download, type DownloadOptions } from './download.ts';
import type { Manifest, ModelStore } from './model-store.ts';

const officialRoot = 'https://dl.fbaipublicfiles.com/demucs/hybrid_transformer/';

interface OfficialModel {
  description: string;
  /** `<signature>-<first digits of the SHA-256>.th` */
  files: readonly string[];
  /** Of a bag: a weight for each source, file by file. */
  weights: readonly (readonly number[])[] | null;
}

const officialModels: Record<string, OfficialModel> = {
  htdemucs: {
    description: 'Demucs v4, the standard model',
    files: ['955717e8-8726e21a.th'],
    weights: null,
  },
  htdemucs_ft: {
    description: 'Demucs v4, a model fine-tuned for each stem: better, four times as slow',
    files: ['f7e0c4bc-ba3fe64a.th', 'd12395a8-e57c48e6.th', '92cfc3b6-ef3bcb9c.th', '04573f0d-f3cf25b2.th'],
    weights: [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ],
  },
  htdemucs_6s: {
    description: 'Demucs v4 with guitar and piano besides; the piano is poor',
    files: ['5c90dfd2-34c22ccb.th'],
    weights: null,
  },
};

const demucsLicence = 'MIT, as the Demucs repository that publishes it';

/** What can be downloaded. */
export function offeredModels(): { id: string; description: string; licence: string; files: number }[] {
  return Object.entries(officialModels).map(([id, { description, files }]) => ({ id, description, licence: demucsLicence, files: files.length }));
}

/**
 * Downloads and installs one of Demucs' own models.
 * @param onProgress names the file, which of how many it is, and how far it has come
 */
export async function downloadOfficial(
  store: ModelStore,
  id: string,
  options: DownloadOptions & { root?: string; models?: Record<string, OfficialModel>; onFile?: (file: string, index: number, count: number) => void } = {},
): Promise<Manifest> {
  const { root = officialRoot, models = officialModels, onFile, ...rest } = options;
  const model = Object.hasOwn(models, id) ? models[id] : undefined;
  if (model === undefined) {
    throw new StemwrightError('usage', `"${printable(id)}" is not one of the models that can be downloaded`, `There are ${Object.keys(models).join(', ')}.`);
  }
  if (await store.has(id)) {
    throw new StemwrightError('usage', `there is a model "${id}" already`, `Remove it first: \`stemwright models remove ${id}\`.`);
  }
  const paths: string[] = [];
  for (const [index, file] of model.files.entries()) {
    onFile?.(file, index, model.files.length);
    const path = store.downloadPath(file);
    await download({ url: new URL(file, root).href, path, sha256Prefix: /-([0-9a-f]{8})\.th$/.exec(file)?.[1] ?? '' }, rest);
    paths.push(path);
  }
  return store.install(id, async (folder) => {
    for (const path of paths) {
      await rename(path, join(folder, basename(path)));
    }
    const file = await writeEntry(folder, id, model);
    const { sha256 } = await readModel(join(folder, file));
    return { version: 1, id, name: id, description: model.description, licence: demucsLicence, file, sha256 };
  });
}

/** @return the name of the file to open */
async function writeEntry(folder: string, id: string, { files, weights }: OfficialModel): Promise<string> {
  if (weights === null) {
    return files[0] ?? '';
  }
  const bag = { models: files.map((file) => /^[^-]*/.exec(file)?.[0] ?? ''), weights };
  // JSON is YAML.
  await writeFile(join(folder, `${id}.yaml`), `${JSON.stringify(bag)}\n`);
  return `${id}.yaml`;
}
