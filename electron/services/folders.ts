import { mkdir, mkdtemp, rmdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromWriteError } from '../contract/errors.ts';
import { unpacked } from '../engine/unpacked.ts';

/** Where Stemwright keeps what is not the user's: `data` holds models, `config` settings. */
export interface Folders {
  data: string;
  config: string;
}

/** XDG's folders on Linux, the platform's own elsewhere; STEMWRIGHT_HOME moves both. */
export function userFolders(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform, home = homedir()): Folders {
  const moved = env['STEMWRIGHT_HOME'];
  if (moved !== undefined && moved !== '') {
    return { data: join(moved, 'data'), config: join(moved, 'config') };
  }
  if (platform === 'darwin') {
    const support = join(home, 'Library', 'Application Support', 'Stemwright');
    return { data: support, config: support };
  }
  if (platform === 'win32') {
    return {
      data: join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Stemwright'),
      config: join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Stemwright'),
    };
  }
  return {
    data: join(absolute(env['XDG_DATA_HOME']) ?? join(home, '.local', 'share'), 'stemwright'),
    config: join(absolute(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'stemwright'),
  };
}

/** The XDG specification: relative paths are invalid and ignored. */
function absolute(path: string | undefined): string | null {
  return path?.startsWith('/') === true ? path : null;
}

/**
 * Makes the folder where it is missing.
 * @throws StemwrightError 'output' when nothing can be put into it
 */
export async function checkWritable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await rmdir(await mkdtemp(join(folder, '.stemwright-')));
  } catch (error) {
    throw fromWriteError(error, folder);
  }
}

/** What ships with the program: the house model and the demo song. */
export const assetsFolder = unpacked(fileURLToPath(new URL('../../assets/', import.meta.url)));
