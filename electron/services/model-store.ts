import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fromWriteError, printable, StemwrightError } from '../contract/errors.ts';

/** A model that was installed: `model.json` in the model's folder. */
export const Manifest = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  name: z.string(),
  description: z.string(),
  licence: z.string(),
  /** The file to open, in the same folder. */
  file: z.string().regex(/^[^/\\]+$/),
  /** As the reader computes it; `models verify` holds the file against it. */
  sha256: z.string(),
});
export type Manifest = z.infer<typeof Manifest>;

const idPattern = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
export const houseId = 'house';

/** @throws StemwrightError 'usage' when it cannot be a model's id */
export function checkId(id: string): string {
  if (!idPattern.test(id) || id === houseId) {
    const reason = id === houseId ? 'belongs to the built-in model' : 'is not 1 to 64 lower-case letters, digits or _.-';
    throw new StemwrightError('usage', `the id "${printable(id)}" ${reason}`, 'Choose another with --name.');
  }
  return id;
}

/** The models in `<data>/models` and in a folder that the user may choose, a folder each. */
export class ModelStore {
  readonly #ownFolder: string;
  readonly #chosen: () => Promise<string | null>;

  /** @param chosen the folder that gets the models from now on; null: the data folder's own */
  constructor(dataFolder: string, chosen: () => Promise<string | null> = () => Promise.resolve(null)) {
    this.#ownFolder = join(dataFolder, 'models');
    this.#chosen = chosen;
  }

  /** Where models are installed. */
  async folder(): Promise<string> {
    return (await this.#chosen()) ?? this.#ownFolder;
  }

  async ids(): Promise<string[]> {
    return [...(await this.#installed()).keys()].sort();
  }

  /** Id to folder; where both folders hold a model of one id, the chosen one counts. */
  async #installed(): Promise<Map<string, string>> {
    const installed = new Map<string, string>();
    for (const folder of new Set([this.#ownFolder, await this.folder()])) {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const { name } of entries.filter((entry) => entry.isDirectory() && idPattern.test(entry.name))) {
        installed.set(name, join(folder, name));
      }
    }
    return installed;
  }

  /** @throws StemwrightError 'model' when there is none of that id, or its manifest is damaged */
  async find(id: string): Promise<{ manifest: Manifest; path: string }> {
    const folder = (await this.#installed()).get(id);
    const text = folder === undefined ? null : await readFile(join(folder, 'model.json'), 'utf8').catch(() => null);
    if (folder === undefined || text === null) {
      throw new StemwrightError('model', `there is no model "${printable(id)}"`, '`stemwright models list` shows those there are.');
    }
    const manifest = Manifest.safeParse(parseJson(text));
    if (!manifest.success) {
      throw new StemwrightError('model', `${printable(folder)}: its model.json is damaged`, `Remove the model with \`stemwright models remove ${id}\` and install it again.`);
    }
    return { manifest: manifest.data, path: join(folder, manifest.data.file) };
  }

  async has(id: string): Promise<boolean> {
    return (await this.ids()).includes(id);
  }

  /**
   * Installs a model at once and complete.
   * @param fill puts its files into the folder it is given
   */
  async install(id: string, fill: (folder: string) => Promise<Manifest>): Promise<Manifest> {
    if (await this.has(checkId(id))) {
      throw new StemwrightError('usage', `there is a model "${id}" already`, `Remove it first: \`stemwright models remove ${id}\`.`);
    }
    const folder = await this.folder();
    const target = join(folder, id);
    let staging: string | null = null;
    try {
      await mkdir(folder, { recursive: true });
      staging = await mkdtemp(join(folder, '.new-'));
      const manifest = await fill(staging);
      await writeFile(join(staging, 'model.json'), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
      await rename(staging, target);
      return manifest;
    } catch (error) {
      throw fromWriteError(error, target);
    } finally {
      if (staging !== null) {
        await rm(staging, { recursive: true, force: true });
      }
    }
  }

  async remove(id: string): Promise<void> {
    if (id === houseId) {
      throw new StemwrightError('usage', 'the built-in model cannot be removed', 'Choose another id.');
    }
    const folder = (await this.#installed()).get(id);
    if (folder === undefined) {
      throw new StemwrightError('model', `there is no model "${printable(id)}"`, '`stemwright models list` shows those there are.');
    }
    await rm(folder, { recursive: true }).catch((error: unknown) => {
      throw fromWriteError(error, folder);
    });
  }

  /** Where a download waits for its rest, from one run to the next. */
  async downloadPath(file: string): Promise<string> {
    return join(await this.folder(), '.downloads', file);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
