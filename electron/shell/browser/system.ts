import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { fromWriteError, printable, StemwrightError } from '../../contract/errors.ts';
import type { System } from '../../services/services.ts';

/** Moves a folder to the user's trash, from where the file manager can restore it. */
export async function moveToTrash(path: string, env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform, home = homedir()): Promise<void> {
  if (platform === 'win32') {
    throw new StemwrightError('usage', `${printable(path)}: the browser shell cannot reach the recycle bin`, 'Delete the folder in the Explorer.');
  }
  try {
    if (platform === 'darwin') {
      await moveInto(join(home, '.Trash'), path, () => Promise.resolve());
      return;
    }
    const data = env['XDG_DATA_HOME'];
    const trash = join(data !== undefined && isAbsolute(data) ? data : join(home, '.local', 'share'), 'Trash');
    await mkdir(join(trash, 'info'), { recursive: true, mode: 0o700 });
    // The freedesktop.org trash specification: the note comes first, and reserves the name.
    const note = (name: string) => join(trash, 'info', `${name}.trashinfo`);
    await moveInto(join(trash, 'files'), path, (name) => writeFile(note(name), trashInfo(path), { flag: 'wx' }), (name) => rm(note(name), { force: true }));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EXDEV') {
      throw new StemwrightError('output', `${printable(path)}: lies on another disk than the trash`, 'Delete the folder by hand.', { cause: error });
    }
    throw fromWriteError(error, path);
  }
}

async function moveInto(folder: string, path: string, reserve: (name: string) => Promise<void>, release: (name: string) => Promise<void> = () => Promise.resolve()): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let copy = 1; ; copy++) {
    const name = copy === 1 ? basename(path) : `${basename(path)} ${copy}`;
    try {
      await reserve(name);
    } catch (error) {
      if (isTaken(error)) {
        continue;
      }
      throw error;
    }
    try {
      await rename(path, join(folder, name));
      return;
    } catch (error) {
      await release(name);
      if (!isTaken(error)) {
        throw error;
      }
    }
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'ENOTEMPTY');
}

function trashInfo(path: string): string {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return `[Trash Info]\nPath=${encoded}\nDeletionDate=${new Date().toISOString().slice(0, 19)}\n`;
}

/** Shows a folder in the system's file manager. */
export const revealFolder =
  (platform: NodeJS.Platform = process.platform): NonNullable<System['reveal']> =>
  async (path, launch) => {
    const [program, args] = platform === 'darwin' ? ['open', ['-R', path]] : platform === 'win32' ? ['explorer', [`/select,${path}`]] : ['xdg-open', [path]];
    await launch(program, args).catch((error: unknown) => {
      throw new StemwrightError('usage', `the file manager cannot be opened (${error instanceof Error ? error.message : String(error)})`, `The folder is ${printable(path)}.`, { cause: error });
    });
  };
