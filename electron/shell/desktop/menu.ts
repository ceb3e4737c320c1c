import type { MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../../contract/desktop.ts';

export interface MenuSetting {
  isMac: boolean;
  /** Whether there are items for whoever works on the page. */
  isDevelopment: boolean;
  send: (command: MenuCommand) => void;
}

/**
 * The application menu. Keys are the page's: the menu shows them, and registers none where that can be had. macOS asks
 * the page first and the menu only when the page lets the key through, so nothing is done twice there either; single
 * letters are left out there, for they would act while one types.
 */
export function menuTemplate({ isMac, isDevelopment, send }: MenuSetting): MenuItemConstructorOptions[] {
  const item = (label: string, command: MenuCommand, accelerator: string): MenuItemConstructorOptions => ({
    label,
    ...(isMac && !accelerator.includes('+') ? {} : { accelerator, registerAccelerator: false }),
    click: () => {
      send(command);
    },
  });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const recent: MenuItemConstructorOptions = { role: 'recentDocuments', submenu: [{ role: 'clearRecentDocuments' }] };
  const settings = item('Settings…', 'settings', 'CmdOrCtrl+,');
  return [
    ...(isMac ? [appMenu(settings)] : []),
    {
      label: '&File',
      submenu: [
        item('Add songs…', 'openFiles', 'CmdOrCtrl+O'),
        ...(isMac ? [recent] : []),
        separator,
        item('Export…', 'export', 'CmdOrCtrl+E'),
        separator,
        ...(isMac ? [] : [settings, separator]),
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        // On a Mac undoing while one types comes from here; the song's own history is left to the page's keys there.
        ...(isMac ? [{ role: 'undo' } as const, { role: 'redo' } as const] : [item('Undo', 'undo', 'CmdOrCtrl+Z'), item('Redo', 'redo', 'Shift+CmdOrCtrl+Z')]),
        separator,
        ...(['cut', 'copy', 'paste', 'selectAll'] as const).map((role) => ({ role })),
      ],
    },
    {
      label: '&Play',
      submenu: [item('Play or pause', 'play', 'Space'), item('To the start', 'toStart', 'Home'), item('Loop', 'loop', 'L')],
    },
    {
      label: '&View',
      submenu: [
        item('Zoom in', 'zoomIn', 'CmdOrCtrl+Plus'),
        item('Zoom out', 'zoomOut', 'CmdOrCtrl+-'),
        item('Whole song', 'zoomToSong', 'CmdOrCtrl+0'),
        separator,
        item('Fold the queue', 'toggleQueue', 'CmdOrCtrl+B'),
        item('Fold the settings', 'toggleInspector', 'CmdOrCtrl+I'),
        separator,
        { role: 'togglefullscreen' },
        ...(isDevelopment ? [separator, { role: 'reload' } as const, { role: 'toggleDevTools' } as const] : []),
      ],
    },
    ...(isMac ? [{ role: 'windowMenu' } as const] : []),
    { role: 'help', submenu: [item('All keys', 'shortcuts', '?'), ...(isMac ? [] : [{ role: 'about' } as const])] },
  ];
}

function appMenu(settings: MenuItemConstructorOptions): MenuItemConstructorOptions {
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  return {
    role: 'appMenu',
    submenu: [
      { role: 'about' },
      separator,
      settings,
      separator,
      { role: 'services' },
      separator,
      ...(['hide', 'hideOthers', 'unhide'] as const).map((role) => ({ role })),
      separator,
      { role: 'quit' },
    ],
  };
}
