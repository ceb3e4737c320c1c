import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { fromWriteError } from '../contract/errors.ts';
import { syncFolder } from './job-folder.ts';

/** Writes a file at once and complete: readers see the old one or the new one. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fromWriteError(error, path);
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A small document that is kept as JSON. Saves follow one another in the order in which they were asked for. */
export class JsonFile<T> {
  readonly #path: string;
  readonly #schema: z.ZodType<T>;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string, schema: z.ZodType<T>) {
    this.#path = path;
    this.#schema = schema;
  }

  /**
   * What was saved last, or null when nothing was. What cannot be parsed is put aside under `<path>.damaged`.
   * @throws StemwrightError when it cannot be put aside
   */
  async load(): Promise<T | null> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        return null;
      }
      throw fromWriteError(error, this.#path);
    });
    if (text === null) {
      return null;
    }
    const parsed = this.#schema.safeParse(parseJson(text));
    if (parsed.success) {
      return parsed.data;
    }
    await rename(this.#path, `${this.#path}.damaged`).catch((error: unknown) => {
      throw fromWriteError(error, this.#path);
    });
    return null;
  }

  save(value: T): Promise<void> {
    const text = `${JSON.stringify(value, null, 2)}\n`;
    const saved = this.#last.then(() => writeAtomically(this.#path, text));
    this.#last = saved.catch(() => undefined);
    return saved;
  }

  /** Settles when everything asked for has been written, or has failed. */
  settled(): Promise<void> {
    return this.#last;
  }
}
