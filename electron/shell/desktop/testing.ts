/** A stand-in for the few things of Electron that the shell uses. It notes what it is told, and does what a test says. */
import { EventEmitter } from 'node:events';
import { accessSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MenuItemConstructorOptions, MessageBoxOptions, Rectangle } from 'electron';
import { openTestStudio, type TestStudio } from '../../services/testing-studio.ts';
import { Desktop, type DesktopSetting } from './desktop.ts';
import type { Electron } from './electron-api.ts';
import { ipc, pageAddress } from './names.ts';

/** The frame that a message comes from. */
export interface FakeFrame {
  parent: FakeFrame | null;
  url: string;
}

class FakeContents extends EventEmitter {
  readonly sent: unknown[][] = [];
  readonly drags: unknown[] = [];
  readonly mainFrame: FakeFrame = { parent: null, url: pageAddress };
  reloads = 0;
  openHandler: (details: unknown) => unknown = () => ({ action: 'allow' });
  isGone = false;

  send(...message: unknown[]): void {
    this.sent.push(structuredClone(message));
  }
  startDrag(item: unknown): void {
    this.drags.push(item);
  }
  setWindowOpenHandler(handler: (details: unknown) => unknown): void {
    this.openHandler = handler;
  }
  isDestroyed(): boolean {
    return this.isGone;
  }
  reload(): void {
    this.reloads++;
  }
}

export class FakeWindow extends EventEmitter {
  readonly webContents = new FakeContents();
  readonly options: Record<string, unknown>;
  readonly calls: string[] = [];
  readonly progress: number[] = [];
  bounds: Rectangle = { x: 10, y: 20, width: 1300, height: 820 };
  address = '';
  isGone = false;
  hasFocus = false;

  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
  }
  loadURL(address: string): Promise<void> {
    this.address = address;
    this.emit('ready-to-show');
    return Promise.resolve();
  }
  setProgressBar(fraction: number): void {
    this.progress.push(fraction);
  }
  show = () => this.calls.push('show');
  focus = () => this.calls.push('focus');
  restore = () => this.calls.push('restore');
  maximize = () => this.calls.push('maximize');
  isMinimized = () => true;
  isMaximized = () => this.calls.includes('maximize');
  isFocused = () => this.hasFocus;
  isDestroyed = () => this.isGone;
  getNormalBounds = () => this.bounds;
}

class FakeApp extends EventEmitter {
  readonly isPackaged: boolean = true;
  readonly paths: Record<string, string> = {};
  readonly recent: string[] = [];
  /** What the running instance was handed, where there is one. */
  handed: unknown = null;
  isSecond = false;
  exits: number[] = [];
  hasEnded = false;
  readonly #windows: () => FakeWindow[];

  constructor(windows: () => FakeWindow[]) {
    super();
    this.#windows = windows;
  }
  /** As Electron has it: the folder must be there. */
  setPath(name: string, path: string): void {
    accessSync(path);
    this.paths[name] = path;
  }
  requestSingleInstanceLock(data: unknown): boolean {
    this.handed = data;
    return !this.isSecond;
  }
  whenReady(): Promise<void> {
    return Promise.resolve();
  }
  addRecentDocument(path: string): void {
    this.recent.push(path);
  }
  exit(code: number): void {
    this.exits.push(code);
  }
  /** As Electron does it: every window is asked, and each `preventDefault` stops it. */
  quit(): void {
    for (const window of this.#windows().filter(({ isGone }) => !isGone)) {
      if (!closeWindow(window)) {
        return;
      }
    }
    if (!isPrevented(this, 'will-quit')) {
      this.hasEnded = true;
    }
  }
}

function isPrevented(emitter: EventEmitter, name: string): boolean {
  let prevented = false;
  emitter.emit(name, { preventDefault: () => (prevented = true) });
  return prevented;
}

/** What a click on the window's cross does. @return whether it has closed */
export function closeWindow(window: FakeWindow): boolean {
  if (isPrevented(window, 'close')) {
    return false;
  }
  window.isGone = true;
  window.webContents.isGone = true;
  window.emit('closed');
  return true;
}

type InvokeHandler = (event: { sender: unknown; senderFrame: FakeFrame | null }, ...args: unknown[]) => unknown;

export class FakeIpcMain extends EventEmitter {
  readonly handlers = new Map<string, InvokeHandler>();
  handle(name: string, handler: InvokeHandler): void {
    this.handlers.set(name, handler);
  }
  removeHandler(name: string): void {
    this.handlers.delete(name);
  }
}

class FakeNotification extends EventEmitter {
  static shown: { title: string; body: string; click: () => void }[] = [];
  static isSupported = () => true;
  readonly #text: { title: string; body: string };
  constructor(text: { title: string; body: string }) {
    super();
    this.#text = text;
  }
  show(): void {
    FakeNotification.shown.push({ ...this.#text, click: () => this.emit('click') });
  }
}

export interface FakeElectron {
  app: FakeApp;
  windows: FakeWindow[];
  ipcMain: FakeIpcMain;
  menu: MenuItemConstructorOptions[];
  notifications: typeof FakeNotification.shown;
  /** Ids of what keeps the machine awake. */
  awake: Set<number>;
  questions: MessageBoxOptions[];
  /** The button that is pressed in the next question. */
  pressed: number;
  errors: string[];
  chosen: string[];
  trashed: string[];
  revealed: string[];
  schemes: unknown[];
  themeSource: string;
  guards: Record<string, (...args: never[]) => unknown>;
  serve: (request: Request) => Promise<Response>;
  electron: Electron;
}

const display = { workArea: { x: 0, y: 0, width: 1920, height: 1080 } };

/** An Electron of the same shape for all that the shell asks of it: only what is used is here. */
export function fakeElectron(): FakeElectron {
  FakeNotification.shown = [];
  const windows: FakeWindow[] = [];
  const fake: Omit<FakeElectron, 'electron'> = {
    app: new FakeApp(() => windows),
    ...{ windows, ipcMain: new FakeIpcMain(), menu: [], notifications: FakeNotification.shown, awake: new Set() },
    ...{ questions: [], pressed: 0, errors: [], chosen: [], trashed: [], revealed: [], schemes: [], themeSource: 'system', guards: {} },
    serve: () => Promise.reject(new Error('nothing is served')),
  };
  const guard = (name: string) => (handler: (...args: never[]) => unknown) => {
    fake.guards[name] = handler;
  };
  const open = () => Promise.resolve({ canceled: fake.chosen.length === 0, filePaths: fake.chosen });
  let blockers = 0;
  const modules = {
    app: fake.app,
    BrowserWindow: class extends FakeWindow {
      constructor(options: Record<string, unknown>) {
        super(options);
        windows.push(this);
      }
    },
    dialog: {
      showErrorBox: (title: string, content: string) => fake.errors.push(`${title}\n${content}`),
      showMessageBox: (_window: unknown, options: MessageBoxOptions) => {
        fake.questions.push(options);
        return Promise.resolve({ response: fake.pressed });
      },
      showOpenDialog: open,
    },
    ipcMain: fake.ipcMain,
    Menu: {
      buildFromTemplate: (template: MenuItemConstructorOptions[]) => template,
      setApplicationMenu: (menu: MenuItemConstructorOptions[]) => (fake.menu = menu),
    },
    nativeTheme: {
      shouldUseDarkColors: true,
      set themeSource(source: string) {
        fake.themeSource = source;
      },
    },
    Notification: FakeNotification,
    powerSaveBlocker: {
      start: () => {
        fake.awake.add(++blockers);
        return blockers;
      },
      stop: (id: number) => fake.awake.delete(id),
    },
    protocol: {
      registerSchemesAsPrivileged: (schemes: unknown[]) => (fake.schemes = schemes),
      handle: (_scheme: string, serve: FakeElectron['serve']) => (fake.serve = serve),
    },
    screen: { getPrimaryDisplay: () => display, getAllDisplays: () => [display] },
    session: {
      defaultSession: {
        setPermissionRequestHandler: guard('request'),
        setPermissionCheckHandler: guard('check'),
        setDevicePermissionHandler: guard('device'),
        webRequest: { onBeforeRequest: guard('beforeRequest') },
      },
    },
    shell: {
      trashItem: (path: string) => Promise.resolve(void fake.trashed.push(path)),
      showItemInFolder: (path: string) => fake.revealed.push(path),
    },
  };
  return Object.assign(fake, { electron: modules as unknown as Electron });
}

export interface TestDesktop extends TestStudio {
  fake: FakeElectron;
  desktop: Desktop;
  window: FakeWindow;
  /** Sends what a preload script would. */
  send: (text: unknown) => Promise<unknown>;
  ask: (channel: unknown, args: unknown) => Promise<unknown>;
}

export function desktopSetting(studio: TestStudio, songs: string[] = []): DesktopSetting {
  const { folder, log } = studio;
  return {
    folders: { data: studio.data, config: join(folder, 'config') },
    ...{ renderer: join(folder, 'renderer'), preload: '/preload.cjs', icon: '/icon.png', dragIcon: '/drag.png', songs },
    openStudio: () => Promise.resolve(studio.studio),
    log: (line) => log.push(line),
  };
}

/** The shell on a studio in folders of its own, with its window open. */
export async function openTestDesktop(songs: string[] = []): Promise<TestDesktop> {
  const studio = await openTestStudio();
  const renderer = join(studio.folder, 'renderer');
  await mkdir(join(renderer, 'assets'), { recursive: true });
  await writeFile(join(renderer, 'index.html'), '<!doctype html><meta name="nonce" content="%CSP_NONCE%">');
  await writeFile(join(renderer, 'assets', 'page.js'), 'export {};');
  await writeFile(join(studio.folder, 'secret.js'), 'secret');
  const fake = fakeElectron();
  const desktop = Desktop.claim(fake.electron, desktopSetting(studio, songs));
  await desktop?.start();
  const window = fake.windows[0];
  if (desktop === null || window === undefined) {
    throw new Error(`no window was opened: ${fake.errors.join()}`);
  }
  const send = async (text: unknown) => {
    const { webContents } = window;
    return structuredClone(await fake.ipcMain.handlers.get(ipc.request)?.({ sender: webContents, senderFrame: webContents.mainFrame }, structuredClone(text)));
  };
  const ask = (channel: unknown, args: unknown) => send(JSON.stringify({ channel, args }));
  return { ...studio, ...{ fake, desktop, window, send, ask } };
}
