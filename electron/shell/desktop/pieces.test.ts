import { describe, expect, it, vi } from 'vitest';
import type { IpcRendererEvent, MenuItemConstructorOptions } from 'electron';
import { MenuCommand, type StudioBridge } from '../../contract/desktop.ts';
import { defaultQueueOptions as options, type QueueItem } from '../../contract/queue.ts';
import type { Task } from '../../contract/channels.ts';
import { exposeStudio, type Renderer } from './expose.ts';
import { menuTemplate } from './menu.ts';
import { ipc } from './names.ts';
import { songsAmong, songsHanded } from './songs.ts';
import { desktopSystem } from './system.ts';
import { closeWindow, fakeElectron, FakeWindow } from './testing.ts';
import { placeWindow, smallest } from './window-state.ts';
import { WorkSigns } from './work-signs.ts';

describe('the window opens', () => {
  const [left, right] = [{ x: 0, y: 25, width: 1920, height: 1055 }, { x: 1920, y: 0, width: 1280, height: 720 }];
  const last = { x: 100, y: 100, width: 1400, height: 900, isMaximized: false };

  it('in its usual size, where the system puts it, the first time', () => {
    expect(placeWindow(null, [left])).toEqual({ width: 1280, height: 800 });
    expect(placeWindow(null, [right])).toEqual({ width: 1280, height: 720 });
    expect(placeWindow(null, [])).toEqual({ width: 1280, height: 800 });
  });

  it('where it was', () => {
    expect(placeWindow(last, [left, right])).toEqual({ x: 100, y: 100, width: 1400, height: 900 });
  });

  it('inside the screen that it lies on', () => {
    expect(placeWindow({ ...last, x: 1000, y: -40 }, [left])).toEqual({ x: 520, y: 25, width: 1400, height: 900 });
    expect(placeWindow({ ...last, x: 2000 }, [left, right])).toEqual({ x: 1920, y: 0, width: 1280, height: 720 });
  });

  it('on a screen that there is, when its own is gone', () => {
    for (const gone of [{ x: 1920 + 1000 }, { x: -1300 }, { y: 1000 }, { y: -5000 }]) {
      expect(placeWindow({ ...last, ...gone }, [left])).toEqual({ width: 1400, height: 900 });
    }
  });

  it('never smaller than the page can be', () => {
    expect(placeWindow({ ...last, width: 10, height: 10 }, [left])).toMatchObject(smallest);
  });
});

describe('the menu', () => {
  const items = (template: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] => template.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? items(item.submenu) : [])]);

  it.each([true, false])('asks the page for everything that it can be asked for (on a Mac: %s)', (isMac) => {
    const asked: MenuCommand[] = [];
    for (const { click } of items(menuTemplate({ isMac, isDevelopment: false, send: (command) => asked.push(command) }))) {
      (click as (() => void) | undefined)?.();
    }
    const own = isMac ? ['undo', 'redo'] : [];
    expect(asked.sort()).toEqual(MenuCommand.options.filter((command) => !own.includes(command)).sort());
  });

  it('leaves the keys to the page', () => {
    const shown = items(menuTemplate({ isMac: false, isDevelopment: true, send: vi.fn() })).filter(({ accelerator }) => accelerator !== undefined);
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.every(({ registerAccelerator }) => registerAccelerator === false)).toBe(true);
  });

  it('has no keys on a Mac that one types', () => {
    const keys = items(menuTemplate({ isMac: true, isDevelopment: true, send: vi.fn() })).flatMap(({ accelerator }) => accelerator ?? []);
    expect(keys.every((key) => key.includes('CmdOrCtrl'))).toBe(true);
  });

  it('shows tools for the page only in development', () => {
    const roles = (isDevelopment: boolean) => items(menuTemplate({ isMac: false, isDevelopment, send: vi.fn() })).flatMap(({ role }) => role ?? []);
    expect(roles(false)).not.toContain('toggleDevTools');
    expect(roles(true)).toContain('toggleDevTools');
  });
});

describe('the preload script', () => {
  function exposed() {
    const handlers = new Map<string, Set<(event: IpcRendererEvent, ...args: unknown[]) => void>>();
    const calls: unknown[][] = [];
    let bridge: StudioBridge<unknown> | undefined;
    const ipcRenderer = {
      invoke: (...args: unknown[]) => {
        calls.push(args);
        return Promise.resolve('answered');
      },
      send: (...args: unknown[]) => calls.push(args),
      on: (name: string, handler: (event: IpcRendererEvent) => void) => handlers.set(name, (handlers.get(name) ?? new Set()).add(handler)),
      removeListener: (name: string, handler: (event: IpcRendererEvent) => void) => handlers.get(name)?.delete(handler),
    } as unknown as Renderer['ipcRenderer'];
    exposeStudio({
      ipcRenderer,
      contextBridge: {
        exposeInMainWorld: (name, value) => {
          expect(name).toBe('studio');
          bridge = value as StudioBridge<unknown>;
        },
      },
      webUtils: { getPathForFile: () => '/music/song.mp3' },
    });
    const tell = (name: string, ...args: unknown[]) => handlers.get(name)?.forEach((handler) => { handler({ sender: ipcRenderer } as unknown as IpcRendererEvent, ...args); });
    if (bridge === undefined) {
      throw new Error('nothing was put into the page');
    }
    return { bridge, calls, tell };
  }

  it('gives the page functions of the contract and nothing of Electron', async () => {
    const { bridge, calls } = exposed();
    expect(Object.keys(bridge).sort()).toEqual(['onCommand', 'onEvent', 'pathOf', 'request', 'startDrag', 'takeOutput']);
    expect(Object.values(bridge).every((value) => typeof value === 'function')).toBe(true);
    await expect(bridge.request('queue.list', null)).resolves.toBe('answered');
    expect(bridge.pathOf({})).toBe('/music/song.mp3');
    bridge.startDrag('id', 'vocals');
    await bridge.takeOutput(1.01);
    expect(calls).toEqual([[ipc.request, '{"channel":"queue.list","args":null}'], [ipc.drag, 'id', 'vocals'], [ipc.output, 1.01]]);
  });

  it('tells events without what leads back to Electron, until told to stop', () => {
    const { bridge, tell } = exposed();
    const [event, command] = [vi.fn(), vi.fn()];
    const stops = [bridge.onEvent(event), bridge.onCommand(command)];
    const all = () => {
      tell(ipc.event, 'queue', { items: [] });
      tell(ipc.command, 'play');
    };
    all();
    stops.forEach((stop) => { stop(); });
    all();
    expect([event.mock.calls, command.mock.calls]).toEqual([[['queue', { items: [] }]], [['play']]]);
  });
});

describe('songs', () => {
  it('are the arguments that are no flags', () => {
    expect(songsAmong(['--inspect=0', '/music/a b.mp3', 'c.flac', '-x', ''], '/home/me')).toEqual(['/music/a b.mp3', '/home/me/c.flac']);
  });

  it('of a second instance are looked at before they are believed', () => {
    expect(songsHanded({ songs: ['/music/a.mp3'] })).toEqual(['/music/a.mp3']);
    for (const odd of [null, undefined, 'x', { songs: 'a' }, { songs: ['relative.mp3'] }, { songs: ['/a\0b'] }, { songs: Array.from({ length: 1001 }, () => '/a') }]) {
      expect(songsHanded(odd)).toEqual([]);
    }
  });
});

describe('the system', () => {
  it('moves to the trash, shows, and lets choose', async () => {
    const { electron, ...fake } = fakeElectron();
    const system = desktopSystem({ shell: electron.shell, dialog: { ...electron.dialog, showOpenDialog: () => Promise.resolve({ canceled: false, filePaths: ['/a', '/b'] }) }, window: () => null, log: vi.fn() });
    await system.trash?.('/projects/song');
    await system.reveal?.('/projects/song', () => Promise.reject(new Error('it needs no program')));
    expect([fake.trashed, fake.revealed]).toEqual([['/projects/song'], ['/projects/song']]);
    expect(await system.chooseFolder?.('Where to')).toBe('/a');
    expect(await system.chooseFiles?.('Songs', 'audio')).toEqual(['/a', '/b']);
  });

  it('says what was not chosen, and what cannot be moved', async () => {
    const { electron } = fakeElectron();
    const shell = { ...electron.shell, trashItem: () => Promise.reject(new Error('no')) };
    const system = desktopSystem({ shell, dialog: electron.dialog, window: () => null, log: vi.fn() });
    expect(await system.chooseFolder?.('Where to')).toBeNull();
    expect(await system.chooseFiles?.('Songs', 'model')).toEqual([]);
    await expect(system.trash?.('/projects/song')).rejects.toMatchObject({ code: 'output', message: '/projects/song: cannot be moved to the trash' });
  });
});

describe('signs of work', () => {
  const item = (id: string, state: QueueItem['state']): QueueItem => ({ id, path: '/a.wav', title: id, addedAt: '', options, state, fault: null, project: null, warnings: [], redo: null });
  const task = (state: Task['state']): Task => ({ id: 'x', kind: 'export', subject: '', state, fraction: null, detail: '', fault: null, folder: null, download: null });

  function signs() {
    const { electron, awake, notifications } = fakeElectron();
    const window = new FakeWindow({});
    let now = 0;
    const { powerSaveBlocker, Notification } = electron;
    const made = new WorkSigns({ powerSaveBlocker, Notification, window, now: () => now });
    return { made, awake, notifications, window, wait: (ms: number) => (now += ms) };
  }

  it('keep the machine awake from the first work to the last', () => {
    const { made, awake } = signs();
    made.task(task('running'));
    made.queue({ active: true, items: [item('a', 'running')] });
    expect([awake.size, made.isWorking]).toEqual([1, true]);
    made.queue({ active: true, items: [item('a', 'done'), item('b', 'running')] });
    made.queue({ active: false, items: [item('a', 'done'), item('b', 'cancelled')] });
    expect([awake.size, made.isWorking]).toEqual([1, true]);
    made.task(task('done'));
    expect([awake.size, made.isWorking]).toEqual([0, false]);
  });

  it('show how far the song that runs has come', () => {
    const { made, window } = signs();
    made.queue({ active: true, items: [item('a', 'running')] });
    const at = (id: string, phase: 'separate' | 'decode', fraction: number) => {
      made.progress({ id, mode: 'full', live: null, progress: { phase, fraction, etaSeconds: null, finished: [] } });
    };
    at('a', 'decode', 0.9);
    at('a', 'separate', 0.25);
    at('b', 'separate', 0.5);
    made.queue({ active: false, items: [item('a', 'done')] });
    expect(window.progress).toEqual([-1, 0.25, -1]);
    window.isGone = true;
    at('a', 'separate', 1);
    expect(window.progress).toHaveLength(3);
  });

  it('announce a long song that nobody was watching', () => {
    const { made, notifications, window, wait } = signs();
    made.queue({ active: true, items: [item('short', 'running')] });
    wait(29_999);
    made.queue({ active: true, items: [item('short', 'done'), item('long', 'running')] });
    wait(30_000);
    made.queue({ active: true, items: [item('long', 'done'), item('bad', 'running')] });
    wait(30_000);
    const fault = { code: 'input', message: 'bad.mp3: breaks off', hint: '' } as const;
    made.queue({ active: true, items: [{ ...item('bad', 'failed'), fault }, item('stopped', 'running')] });
    wait(30_000);
    made.queue({ active: true, items: [item('stopped', 'cancelled'), item('seen', 'running')] });
    wait(30_000);
    window.hasFocus = true;
    made.queue({ active: false, items: [item('seen', 'done')] });
    expect(notifications.map(({ title, body }) => [title, body])).toEqual([
      ['long is separated', 'Its stems are ready.'],
      ['bad could not be separated', 'bad.mp3: breaks off'],
    ]);
    notifications[0]?.click();
    expect(window.calls).toEqual(['show', 'focus']);
    expect(closeWindow(window)).toBe(true);
  });
});
