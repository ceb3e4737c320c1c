import { rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { OfferedModel } from '../contract/channels.ts';
import { printable, StemwrightError } from '../contract/errors.ts';
import type { PublishedQuality } from '../contract/model.ts';
import { readModel, type ModelFile } from '../weights/formats.ts';
import { download, type DownloadOptions } from './download.ts';
import type { Manifest, ModelStore } from './model-store.ts';

const officialRoot = 'https://dl.fbaipublicfiles.com/demucs/hybrid_transformer/';

interface Download {
  description: string;
  /** `<signature>-<first digits of the SHA-256>.th` */
  files: readonly string[];
  /** Of a bag: a weight for each source, file by file. */
  weights: readonly (readonly number[])[] | null;
}

interface OfficialModel extends Download {
  /** Of all its files. */
  bytes: number;
  sources: readonly string[];
  quality: PublishedQuality | null;
}

const fourSources = ['drums', 'bass', 'other', 'vocals'];
/** S. Rouard, F. Massa, A. Défossez: Hybrid Transformers for Music Source Separation, 2022, table 1: HT Demucs with 800 songs more. */
const testSet = 'MUSDB HQ test set, as its authors published it (2022)';

const officialModels: Record<string, OfficialModel> = {
  htdemucs: {
    description: 'Demucs v4, the standard model',
    files: ['955717e8-8726e21a.th'],
    weights: null,
    bytes: 84_141_911,
    sources: fourSources,
    quality: { set: testSet, stems: { drums: 10.05, bass: 9.78, other: 6.42, vocals: 8.93 } },
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
    bytes: 4 * 84_141_271,
    sources: fourSources,
    quality: { set: testSet, stems: { drums: 10.08, bass: 10.39, other: 6.32, vocals: 9.2 } },
  },
  htdemucs_6s: {
    description: 'Demucs v4 with guitar and piano besides; the piano is poor',
    files: ['5c90dfd2-34c22ccb.th'],
    weights: null,
    bytes: 54_996_327,
    sources: [...fourSources, 'guitar', 'piano'],
    quality: null,
  },
};

const demucsLicence = 'MIT, as the Demucs repository that publishes it';

/** What can be downloaded. */
export function offeredModels(): Omit<OfferedModel, 'installed'>[] {
  return Object.entries(officialModels).map(([id, { description, files, bytes, sources, quality }]) => ({
    ...{ id, description, licence: demucsLicence, files: files.length, bytes },
    modes: ['full'],
    sources: [...sources],
    quality,
  }));
}

/** What is published of this model, if it is one of Demucs' own by its files' digests. */
export function publishedQuality(file: ModelFile): PublishedQuality | null {
  const digests = file.format === 'bag' ? file.members.map(({ model }) => model.sha256) : [file.sha256];
  const isOf = ({ files }: OfficialModel) => files.length === digests.length && files.every((name, index) => digests[index]?.startsWith(digestPrefix(name)));
  return Object.values(officialModels).find(isOf)?.quality ?? null;
}

function digestPrefix(file: string): string {
  return /-([0-9a-f]{8})\.th$/.exec(file)?.[1] ?? '';
}

/**
 * Downloads and installs one of Demucs' own models.
 * @param onProgress names the file, which of how many it is, and how far it has come
 */
export async function downloadOfficial(
  store: ModelStore,
  id: string,
  options: DownloadOptions & { root?: string; models?: Record<string, Download>; onFile?: (file: string, index: number, count: number) => void } = {},
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
    const path = await store.downloadPath(file);
    await download({ url: new URL(file, root).href, path, sha256Prefix: digestPrefix(file) }, rest);
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
async function writeEntry(folder: string, id: string, { files, weights }: Download): Promise<string> {
  if (weights === null) {
    return files[0] ?? '';
  }
  const bag = { models: files.map((file) => /^[^-]*/.exec(file)?.[0] ?? ''), weights };
  // JSON is YAML.
  await writeFile(join(folder, `${id}.yaml`), `${JSON.stringify(bag)}\n`);
  return `${id}.yaml`;
}
