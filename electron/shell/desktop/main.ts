/** Electron's entry. Bundled into build/desktop, as deep below the root as every folder of electron/. */
import { app, BrowserWindow, dialog, ipcMain, Menu, nativeTheme, Notification, powerSaveBlocker, protocol, screen, session, shell } from 'electron';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assetsFolder, userFolders } from '../../services/folders.ts';
import { Studio } from '../../services/studio.ts';
import { Desktop } from './desktop.ts';
import { songsAmong } from './songs.ts';

const electron = { app, BrowserWindow, dialog, ipcMain, Menu, nativeTheme, Notification, powerSaveBlocker, protocol, screen, session, shell };

if (app.isPackaged) {
  // ffmpeg is shipped beside the program where no package manager brings it.
  const shipped = join(process.resourcesPath, 'ffmpeg');
  const path = process.env['PATH'] ?? '';
  process.env['PATH'] = path === '' ? shipped : `${shipped}${delimiter}${path}`;
}

const desktop = Desktop.claim(electron, {
  folders: userFolders(),
  renderer: fileURLToPath(new URL('../renderer/', import.meta.url)),
  preload: fileURLToPath(new URL('preload.cjs', import.meta.url)),
  icon: join(assetsFolder, 'icons', 'linux', '512x512.png'),
  dragIcon: join(assetsFolder, 'icons', 'drag.png'),
  songs: songsAmong(process.argv.slice(app.isPackaged ? 1 : 2), process.cwd()),
  openStudio: (system) => Studio.open({ system }),
  log: (line) => process.stderr.write(`stemwright: ${line}\n`),
});

// Not awaited here: Electron is not ready before this module has been evaluated.
void desktop?.start().then(() => {
  // Electron puts its own handlers in place when it is ready; these come after them.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      desktop.quit();
    });
  }
});
