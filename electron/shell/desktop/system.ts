import type { BrowserWindow, Dialog, FileFilter, Shell } from 'electron';
import { printable, StemwrightError } from '../../contract/errors.ts';
import type { System } from '../../services/studio.ts';

export interface SystemSetting {
  shell: Pick<Shell, 'trashItem' | 'showItemInFolder'>;
  dialog: Pick<Dialog, 'showOpenDialog'>;
  /** Dialogs belong to it while it is open. */
  window: () => BrowserWindow | null;
  log: (line: string) => void;
}

export const audioExtensions = ['mp3', 'flac', 'wav', 'm4a', 'aac', 'ogg', 'opus', 'aif', 'aiff', 'wma', 'mp4', 'mkv', 'mov', 'webm'];

const all: FileFilter = { name: 'All files', extensions: ['*'] };
const filters = {
  audio: [{ name: 'Music', extensions: audioExtensions }, all],
  model: [{ name: 'Models', extensions: ['th', 'safetensors', 'yaml', 'yml'] }, all],
  ir: [{ name: 'Impulse responses', extensions: ['wav', 'flac', 'aif', 'aiff'] }, all],
};

/** What Electron does for the services. */
export function desktopSystem({ shell, dialog, window, log }: SystemSetting): System {
  const choose = async (options: Parameters<typeof dialog.showOpenDialog>[0]): Promise<string[]> => {
    const parent = window();
    const { canceled, filePaths } = await (parent === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(parent, options));
    return canceled ? [] : filePaths;
  };
  return {
    shell: 'desktop',
    log,
    trash: async (path) => {
      await shell.trashItem(path).catch((error: unknown) => {
        throw new StemwrightError('output', `${printable(path)}: cannot be moved to the trash`, 'Delete the folder by hand.', { cause: error });
      });
    },
    reveal: (path) => {
      shell.showItemInFolder(path);
      return Promise.resolve();
    },
    chooseFolder: async (title) => (await choose({ title, properties: ['openDirectory', 'createDirectory'] }))[0] ?? null,
    chooseFiles: (title, kind) => choose({ title, properties: ['openFile', 'multiSelections'], filters: filters[kind] }),
  };
}
