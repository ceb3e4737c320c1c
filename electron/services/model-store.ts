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

/** The models in `<data>/models`, a folder each. */
export class ModelStore {
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, 'models');
  }

  async ids(): Promise<string[]> {
    const entries = await readdir(this.#folder, { withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isDirectory() && idPattern.test(entry.name)).map(({ name }) => name).sort();
  }

  /** @throws StemwrightError 'model' when there is none of that id, or its manifest is damaged */
  async find(id: string): Promise<{ manifest: Manifest; path: string }> {
    const folder = join(this.#folder, id);
    const text = idPattern.test(id) ? await readFile(join(folder, 'model.json'), 'utf8').catch(() => null) : null;
    if (text === null) {
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
    const target = join(this.#folder, id);
    let staging: string | null = null;
    try {
      await mkdir(this.#folder, { recursive: true });
      staging = await mkdtemp(join(this.#folder, '.new-'));
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
    if (!(await this.has(id))) {
      throw new StemwrightError('model', `there is no model "${printable(id)}"`, '`stemwright models list` shows those there are.');
    }
    const folder = join(this.#folder, id);
    await rm(folder, { recursive: true }).catch((error: unknown) => {
      throw fromWriteError(error, folder);
    });
  }

  /** Where a download waits for its rest, from one run to the next. */
  downloadPath(file: string): string {
    return join(this.#folder, '.downloads', file);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
