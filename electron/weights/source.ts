import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { StemwrightError } from '../contract/errors.ts';
import { DAMAGED, modelFault } from './errors.ts';

/** No header, directory or pickle may ask for more than this in one read; a full-size HTDemucs header has 60 kB. */
export const MAX_READ_BYTES = 4 * 1024 * 1024;

/** Ranged reads of one file. A range outside the file, or one that a shrinking file no longer has, is a fault. */
export interface ByteSource {
  readonly path: string;
  readonly size: number;
  read(offset: number, length: number): Promise<Buffer>;
}

export class FileSource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  static async open(path: string): Promise<FileSource> {
    // O_NONBLOCK: opening a FIFO must not wait for a writer. Windows has neither.
    const handle = await open(path, constants.O_RDONLY | ('O_NONBLOCK' in constants ? constants.O_NONBLOCK : 0)).catch((error: unknown) => {
      throw unopened(path, error);
    });
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) {
        throw modelFault(path, 'is not a regular file', 'Name a model file.');
      }
      return new FileSource(path, stat.size, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async read(offset: number, length: number): Promise<Buffer> {
    checkRange(this, offset, length);
    const buffer = Buffer.alloc(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) {
        throw modelFault(this.path, 'became shorter while it was read', 'Try again once it is fully written.');
      }
      filled += bytesRead;
    }
    return buffer;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** @throws StemwrightError if a read of this range must not be tried */
export function checkRange(source: ByteSource, offset: number, length: number): void {
  if (length > MAX_READ_BYTES || offset + length > source.size) {
    throw modelFault(source.path, `has no ${length} bytes to read at ${offset}`, DAMAGED);
  }
}

function unopened(path: string, error: unknown): StemwrightError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return modelFault(path, 'does not exist', 'Check the path.');
  }
  if (code === 'EISDIR') {
    return modelFault(path, 'is not a regular file', 'Name a model file.');
  }
  return modelFault(path, `cannot be opened (${String(code)})`, 'Check its permissions.');
}
