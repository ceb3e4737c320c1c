import { rmdirSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { songFolderName } from './output-name.ts';

const prefix = '.stemwright-';
const living = new Set<JobFolder>();
process.on('exit', () => {
  for (const folder of living) {
    folder.removeNow();
  }
});

/**
 * A temporary folder in the output's parent, where a job's tracks and results lie until they are complete. It is
 * removed on every way out of the process that code can see.
 */
export class JobFolder {
  readonly path: string;
  readonly #out: string;
  /** The topmost folder that `create` had to make. */
  readonly #madeFrom: string | undefined;
  #published = false;

  private constructor(path: string, out: string, madeFrom: string | undefined) {
    this.path = path;
    this.#out = out;
    this.#madeFrom = madeFrom;
    living.add(this);
  }

  /** @param out absolute; made when it is not there */
  static async create(out: string): Promise<JobFolder> {
    const madeFrom = await mkdir(out, { recursive: true });
    const folder = new JobFolder(await mkdtemp(join(out, prefix)), out, madeFrom);
    await mkdir(folder.resultPath);
    return folder;
  }

  /** What lies here is what `publish` publishes. */
  get resultPath(): string {
    return join(this.path, 'result');
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /**
   * Moves the results to `<out>/<song name>`, or ` (2)` and so on where that is taken: at once and complete.
   * @param finish called with the final path, while the results still lie in `resultPath`
   */
  async publish<T>(song: string, finish: (path: string) => Promise<T>): Promise<T> {
    const path = await this.#reserve(song);
    let result: T;
    try {
      result = await finish(path);
      await syncFolder(this.resultPath);
      if (process.platform === 'win32') {
        await rmdir(path);
      }
      await rename(this.resultPath, path);
    } catch (error) {
      await rmdir(path).catch(() => undefined);
      throw error;
    }
    this.#published = true;
    await syncFolder(this.#out);
    return result;
  }

  /** Makes the final folder, empty, so that no other process takes its name. */
  async #reserve(song: string): Promise<string> {
    for (let copy = 1; ; copy++) {
      const path = join(this.#out, songFolderName(song, copy));
      try {
        await mkdir(path);
        return path;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
          throw error;
        }
      }
    }
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    living.delete(this);
    for (const made of this.#madeFolders()) {
      await rmdir(made).catch(() => undefined);
    }
  }

  /** For the way out of the process, where nothing can be awaited. */
  removeNow(): void {
    try {
      rmSync(this.path, { recursive: true, force: true });
      this.#madeFolders().forEach((made) => {
        rmdirSync(made);
      });
    } catch {
      // Nobody is left to be told.
    }
  }

  /** The folders made for an output that never came, innermost first. */
  #madeFolders(): string[] {
    const made: string[] = [];
    if (this.#madeFrom !== undefined && !this.#published) {
      for (let path = this.#out; path.length >= this.#madeFrom.length; path = dirname(path)) {
        made.push(path);
      }
    }
    return made;
  }
}

/** Removes what jobs of processes that were killed have left in `out`. None may be running there. */
export async function sweepJobFolders(out: string): Promise<void> {
  const names = await readdir(out).catch(() => []);
  await Promise.all(names.filter((name) => name.startsWith(prefix)).map((name) => rm(join(out, name), { recursive: true, force: true })));
}

/** Brings a folder's entries onto the disk; Windows does so by itself. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') {
    return;
  }
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
