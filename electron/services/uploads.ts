import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fromWriteError, StemwrightError } from '../contract/errors.ts';
import { songFolderName } from './output-name.ts';

/** Songs and models that a browser sent, because it cannot say where they lie: a folder each, under their own name. */
export class Uploads {
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, 'uploads');
  }

  /**
   * Streams a file to the disk; what comes only in part is removed.
   * @param name of the file; only its last part counts
   * @throws StemwrightError 'usage' beyond `maxBytes`
   */
  async receive(name: string, chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
    const folder = join(this.#folder, randomUUID());
    const path = join(folder, songFolderName(basename(name.replaceAll('\\', '/')).replaceAll('\0', ''), 1));
    try {
      await mkdir(folder, { recursive: true });
      const file = await open(path, 'wx');
      try {
        let bytes = 0;
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > maxBytes) {
            throw new StemwrightError('usage', `a file of more than ${maxBytes} bytes`, 'Give a shorter one.');
          }
          await file.appendFile(chunk);
        }
      } finally {
        await file.close();
      }
      return path;
    } catch (error) {
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      throw fromWriteError(error, path);
    }
  }

  /** Whether the file is one of these. */
  holds(path: string): boolean {
    return dirname(dirname(resolve(path))) === resolve(this.#folder);
  }

  /** Removes the file if it is one of these. */
  async release(path: string): Promise<void> {
    if (this.holds(path)) {
      await rm(dirname(resolve(path)), { recursive: true, force: true });
    }
  }

  /** Removes everything but the files at `kept`. */
  async sweep(kept: readonly string[]): Promise<void> {
    const folders = new Set(kept.map((path) => dirname(resolve(path))));
    const names = await readdir(this.#folder).catch(() => []);
    const left = names.map((name) => resolve(this.#folder, name)).filter((folder) => !folders.has(folder));
    await Promise.all(left.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}
