import type { BrowserWindow } from 'electron';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { requests, type EventData, type EventName } from '../../contract/channels.ts';
import { toFault } from '../../contract/errors.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Folders } from '../../services/folders.ts';
import { JsonFile } from '../../services/json-file.ts';
import type { Studio, System } from '../../services/studio.ts';
import { openBridge, type Bridge } from './bridge.ts';
import type { Electron } from './electron-api.ts';
import { guardContents, guardSession } from './guard.ts';
import { menuTemplate } from './menu.ts';
import { pageAddress, scheme } from './names.ts';
import { servePage } from './scheme.ts';
import { songsHanded, type Handed } from './songs.ts';
import { desktopSystem } from './system.ts';
import { placeWindow, smallest, WindowState } from './window-state.ts';
import { WorkSigns } from './work-signs.ts';

export interface DesktopSetting {
  folders: Folders;
  /** The built page. */
  renderer: string;
  preload: string;
  /** Pictures, as PNG: of the window, and under the pointer while a stem is dragged out. */
  icon: string;
  dragIcon: string;
  /** Given with the start. */
  songs: string[];
  openStudio: (system: System) => Promise<Studio>;
  log: (line: string) => void;
}

/** As the page's own, so that nothing flashes before it is there. */
const background = { dark: '#14171a', light: '#e9ebee' } as const;
/** A page that dies more often than this is not loaded again. */
const reloadPauseMs = 10_000;

/** The studio in a window of its own. */
export class Desktop {
  readonly #electron: Electron;
  readonly #setting: DesktopSetting;
  readonly #state: JsonFile<WindowState>;
  /** Come before there is anything to queue them in. */
  #waiting: string[];
  #studio: Studio | null = null;
  #window: BrowserWindow | null = null;
  #bridge: Bridge | null = null;
  #signs: WorkSigns | null = null;
  #mayQuit = false;
  #closing: Promise<void> | null = null;
  #hasClosed = false;

  private constructor(electron: Electron, setting: DesktopSetting) {
    this.#electron = electron;
    this.#setting = setting;
    this.#waiting = setting.songs;
    this.#state = new JsonFile(join(setting.folders.config, 'window.json'), WindowState);
  }

  /**
   * To be called at once, before Electron is ready.
   * @return null when the studio is open already: that window has been shown, and has got the songs
   */
  static claim(electron: Electron, setting: DesktopSetting): Desktop | null {
    const { app, protocol } = electron;
    // Locks, caches and cookies of Chromium move with everything else.
    const userData = join(setting.folders.config, 'desktop');
    mkdirSync(userData, { recursive: true });
    app.setPath('userData', userData);
    if (!app.requestSingleInstanceLock({ songs: setting.songs } satisfies Handed)) {
      app.exit(0);
      return null;
    }
    protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: true, stream: true } }]);
    const desktop = new Desktop(electron, setting);
    app.on('second-instance', (_event, _argv, _folder, data) => {
      desktop.#open(songsHanded(data));
    });
    app.on('open-file', (event, path) => {
      event.preventDefault();
      desktop.#open([path]);
    });
    app.on('window-all-closed', () => {
      app.quit();
    });
    app.on('will-quit', (event) => {
      if (!desktop.#hasClosed) {
        event.preventDefault();
        desktop.#closing ??= desktop.#close();
      }
    });
    return desktop;
  }

  /** Opens the window. What keeps it from opening is said in a dialog, and ends the program. */
  async start(): Promise<void> {
    const { app, dialog } = this.#electron;
    await app.whenReady();
    try {
      await this.#start();
    } catch (error) {
      const { message, hint } = toFault(error);
      dialog.showErrorBox('Stemwright cannot be opened', `${message}\n${hint}`.trim());
      this.#mayQuit = true;
      app.quit();
    }
  }

  /** Ends the program without asking. */
  quit(): void {
    this.#mayQuit = true;
    this.#electron.app.quit();
  }

  async #start(): Promise<void> {
    const { session, protocol, shell, dialog } = this.#electron;
    const { log, openStudio, renderer } = this.#setting;
    const studio = await openStudio(desktopSystem({ shell, dialog, window: () => this.#window, log }));
    this.#studio = studio;
    guardSession(session.defaultSession);
    protocol.handle(scheme, servePage({ studio, renderer, log }));
    const settings = requests['settings.get'].result.parse(valueOf(await studio.answer('settings.get', null)));
    this.#follow(settings);
    const window = await this.#openWindow();
    this.#window = window;
    this.#bridge = openBridge({
      ...{ ipcMain: this.#electron.ipcMain, contents: window.webContents, studio, dragIcon: this.#setting.dragIcon, log },
      onSongs: (paths) => {
        this.#remember(paths);
      },
    });
    this.#setMenu(this.#bridge);
    await this.#showWork(studio, window);
    const songs = this.#waiting;
    this.#waiting = [];
    this.#add(songs);
    await window.loadURL(pageAddress).catch((error: unknown) => {
      // Closed before it was there.
      if (!window.isDestroyed()) {
        throw error;
      }
    });
  }

  async #openWindow(): Promise<BrowserWindow> {
    const { app, BrowserWindow, nativeTheme, screen } = this.#electron;
    const last = await this.#state.load();
    const window = new BrowserWindow({
      ...placeWindow(last, [screen.getPrimaryDisplay(), ...screen.getAllDisplays()].map(({ workArea }) => workArea)),
      ...{ minWidth: smallest.width, minHeight: smallest.height, show: false, title: 'Stemwright', icon: this.#setting.icon },
      backgroundColor: nativeTheme.shouldUseDarkColors ? background.dark : background.light,
      webPreferences: {
        preload: this.#setting.preload,
        ...{ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true },
        // A spelling dictionary would be fetched from elsewhere.
        spellcheck: false,
        // Sound goes on in the background.
        backgroundThrottling: false,
        devTools: !app.isPackaged,
      },
    });
    guardContents(window.webContents);
    this.#reviveAfterCrash(window);
    if (last?.isMaximized === true) {
      window.maximize();
    }
    window.once('ready-to-show', () => {
      window.show();
    });
    window.on('close', (event) => {
      this.#keep(window);
      if (!this.#mayQuit && this.#signs?.isWorking === true) {
        event.preventDefault();
        void this.#ask(window);
      }
    });
    window.on('closed', () => {
      this.#window = null;
    });
    return window;
  }

  /** The page holds nothing that the services do not: it is loaded again. */
  #reviveAfterCrash(window: BrowserWindow): void {
    let last = -Infinity;
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason === 'clean-exit') {
        return;
      }
      this.#setting.log(`the page's process has ended (${reason})`);
      if (Date.now() - last > reloadPauseMs) {
        last = Date.now();
        window.webContents.reload();
      } else {
        this.#electron.dialog.showErrorBox('Stemwright cannot go on', 'Its page ends again and again. The queue is kept: start Stemwright again.');
        this.quit();
      }
    });
  }

  async #showWork(studio: Studio, window: BrowserWindow): Promise<void> {
    const { powerSaveBlocker, Notification } = this.#electron;
    const signs = new WorkSigns({ powerSaveBlocker, Notification, window });
    this.#signs = signs;
    const handlers: { [E in EventName]?: (data: EventData<E>) => void } = {
      queue: signs.queue.bind(signs),
      progress: signs.progress.bind(signs),
      task: signs.task.bind(signs),
      settings: this.#follow.bind(this),
    };
    studio.listen((event, data) => {
      handlers[event]?.(data);
    });
    signs.queue(requests['queue.list'].result.parse(valueOf(await studio.answer('queue.list', null))));
  }

  #setMenu(bridge: Bridge): void {
    const { app, Menu } = this.#electron;
    const template = menuTemplate({ isMac: process.platform === 'darwin', isDevelopment: !app.isPackaged, send: (command) => { bridge.command(command); } });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }

  /** Menus and dialogs are the system's; they follow the page's theme. */
  #follow({ theme }: Settings): void {
    this.#electron.nativeTheme.themeSource = theme;
  }

  #open(songs: readonly string[]): void {
    if (this.#studio === null || this.#window === null) {
      this.#waiting.push(...songs);
      return;
    }
    if (this.#window.isMinimized()) {
      this.#window.restore();
    }
    this.#window.show();
    this.#window.focus();
    this.#add(songs);
  }

  #add(songs: readonly string[]): void {
    if (songs.length === 0 || this.#studio === null) {
      return;
    }
    this.#remember(songs);
    void this.#studio.addSongs(songs).then((answer) => {
      if (!answer.ok) {
        this.#setting.log(answer.message);
      }
    });
  }

  #remember(songs: readonly string[]): void {
    for (const song of songs) {
      this.#electron.app.addRecentDocument(song);
    }
  }

  #keep(window: BrowserWindow): void {
    this.#state.save({ ...window.getNormalBounds(), isMaximized: window.isMaximized() }).catch((error: unknown) => {
      this.#setting.log(toFault(error).message);
    });
  }

  async #ask(window: BrowserWindow): Promise<void> {
    const { response } = await this.#electron.dialog.showMessageBox(window, {
      type: 'question',
      message: 'Stemwright is still working.',
      detail: 'If you quit now, a song that is being separated waits in the queue and begins again next time. What is finished stays.',
      buttons: ['Quit', 'Keep going'],
      ...{ defaultId: 1, cancelId: 1, noLink: true },
    });
    if (response === 0) {
      this.quit();
    }
  }

  async #close(): Promise<void> {
    try {
      this.#bridge?.close();
      this.#signs?.close();
      await this.#studio?.close();
      await this.#state.settled();
    } catch (error) {
      this.#setting.log(toFault(error).message);
    }
    this.#hasClosed = true;
    this.#electron.app.quit();
  }
}

function valueOf(answer: Awaited<ReturnType<Studio['answer']>>): unknown {
  return answer.ok ? answer.value : undefined;
}
