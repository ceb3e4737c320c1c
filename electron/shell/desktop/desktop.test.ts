import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openTestStudio } from '../../services/testing-studio.ts';
import { Desktop } from './desktop.ts';
import { ipc, pageAddress, scheme } from './names.ts';
import { closeWindow, desktopSetting, fakeElectron, FakeWindow, openTestDesktop, type TestDesktop } from './testing.ts';

let open: TestDesktop | undefined;
afterEach(async () => {
  if (open !== undefined && !open.fake.app.hasEnded) {
    open.desktop.quit();
  }
  await vi.waitFor(() => {
    expect(open?.fake.app.hasEnded ?? true).toBe(true);
  });
  await open?.close();
  open = undefined;
});

async function start(songs: string[] = []): Promise<TestDesktop> {
  open = await openTestDesktop(songs);
  return open;
}

const paths = async ({ ask }: TestDesktop) => ((await ask('queue.list', null)) as { value: { items: { path: string }[] } }).value.items.map(({ path }) => path);

describe('the window', () => {
  it('is sandboxed, isolated, and shows the page of its own scheme once it is painted', async () => {
    const { fake, window } = await start();
    expect(window.options).toMatchObject({
      show: false,
      webPreferences: { preload: '/preload.cjs', sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true, spellcheck: false, devTools: false },
    });
    expect(window.address).toBe(pageAddress);
    expect(window.calls).toEqual(['show']);
    expect(fake.schemes).toEqual([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: true, stream: true } }]);
  });

  it('stays on its page and opens no other', async () => {
    const { window } = await start();
    for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
      const event = { preventDefault: vi.fn() };
      window.webContents.emit(name, event, 'https://example.com/');
      expect(event.preventDefault, name).toHaveBeenCalledOnce();
    }
    expect(window.webContents.openHandler({ url: 'https://example.com/' })).toEqual({ action: 'deny' });
  });

  it('asks the network for nothing, and devices neither', async () => {
    const { fake } = await start();
    const guard = (name: string, ...args: unknown[]) => fake.guards[name]?.(...(args as never[]));
    const cancels = (url: string) => {
      const decide = vi.fn();
      guard('beforeRequest', { url }, decide);
      return (decide.mock.calls[0] as [{ cancel: boolean }])[0].cancel;
    };
    expect([pageAddress, `${pageAddress}assets/page.js`, 'blob:x', 'data:image/png;base64,'].map(cancels)).toEqual([false, false, false, false]);
    expect(['https://example.com/', 'http://127.0.0.1/', 'ws://127.0.0.1/', 'file:///etc/passwd', 'stemwright://other/', 'chrome://gpu'].every(cancels)).toBe(true);
    for (const permission of ['media', 'geolocation', 'notifications', 'fullscreen', 'openExternal', 'midiSysex']) {
      const decide = vi.fn();
      guard('request', null, permission, decide, { requestingUrl: pageAddress });
      expect(decide, permission).toHaveBeenCalledWith(false);
      expect(guard('check', null, permission, '', { requestingUrl: pageAddress }), permission).toBe(false);
    }
    expect(guard('check', null, 'clipboard-sanitized-write', '', { requestingUrl: pageAddress })).toBe(true);
    expect(guard('check', null, 'clipboard-sanitized-write', '', { requestingUrl: 'https://example.com/' })).toBe(false);
    expect(guard('device')).toBe(false);
  });

  it('opens where and as it was closed', async () => {
    const first = await start();
    first.window.maximize();
    closeWindow(first.window);
    first.fake.app.quit();
    await vi.waitFor(() => { expect(first.fake.app.hasEnded).toBe(true); });
    expect(JSON.parse(await readFile(join(first.folder, 'config', 'window.json'), 'utf8'))).toEqual({ x: 10, y: 20, width: 1300, height: 820, isMaximized: true });

    const studio = await openTestStudio();
    await mkdir(join(studio.folder, 'config'), { recursive: true });
    await writeFile(join(studio.folder, 'config', 'window.json'), JSON.stringify({ x: 30, y: 40, width: 1000, height: 700, isMaximized: true }));
    const fake = fakeElectron();
    const desktop = Desktop.claim(fake.electron, desktopSetting(studio));
    await desktop?.start();
    expect(fake.windows[0]?.options).toMatchObject({ x: 30, y: 40, width: 1000, height: 700 });
    expect(fake.windows[0]?.calls).toContain('maximize');
    desktop?.quit();
    await vi.waitFor(() => { expect(fake.app.hasEnded).toBe(true); });
    await studio.close();
  });

  it('loads its page again when that has crashed, but not for ever', async () => {
    const { fake, window, log } = await start();
    const crash = () => window.webContents.emit('render-process-gone', {}, { reason: 'oom' });
    crash();
    expect([window.webContents.reloads, fake.errors]).toEqual([1, []]);
    expect(log).toContain("the page's process has ended (oom)");
    crash();
    expect(window.webContents.reloads).toBe(1);
    expect(fake.errors[0]).toContain('The queue is kept');
    await vi.waitFor(() => { expect(fake.app.hasEnded).toBe(true); });
  });
});

describe('songs', () => {
  it('given with the start are queued, and remembered', async () => {
    const shell = await start(['/music/a.mp3']);
    await vi.waitFor(async () => { expect(await paths(shell)).toEqual(['/music/a.mp3']); });
    expect(shell.fake.app.recent).toEqual(['/music/a.mp3']);
  });

  it('of a second instance, and of the system, are queued in the window that is open', async () => {
    const shell = await start();
    shell.fake.app.emit('second-instance', {}, [], '/', { songs: ['/music/b.mp3'] });
    const event = { preventDefault: vi.fn() };
    shell.fake.app.emit('open-file', event, '/music/c.mp3');
    await vi.waitFor(async () => { expect((await paths(shell)).sort()).toEqual(['/music/b.mp3', '/music/c.mp3']); });
    expect(event.preventDefault).toHaveBeenCalledOnce();
    expect(shell.window.calls).toEqual(['show', 'restore', 'show', 'focus', 'restore', 'show', 'focus']);
  });

  it('that come before the window are queued when it is there', async () => {
    const studio = await openTestStudio();
    const fake = fakeElectron();
    const desktop = Desktop.claim(fake.electron, desktopSetting(studio));
    fake.app.emit('open-file', { preventDefault: vi.fn() }, '/music/early.mp3');
    await desktop?.start();
    await vi.waitFor(async () => {
      expect(await studio.studio.answer('queue.list', null)).toMatchObject({ value: { items: [{ path: '/music/early.mp3' }] } });
    });
    desktop?.quit();
    await vi.waitFor(() => { expect(fake.app.hasEnded).toBe(true); });
    await studio.close();
  });

  it('go to the instance that is open, and this one ends', async () => {
    const studio = await openTestStudio();
    const fake = fakeElectron();
    fake.app.isSecond = true;
    expect(Desktop.claim(fake.electron, desktopSetting(studio, ['/music/a.mp3']))).toBeNull();
    expect([fake.app.handed, fake.app.exits, fake.windows]).toEqual([{ songs: ['/music/a.mp3'] }, [0], []]);
    await studio.close();
  });
});

describe('the end', () => {
  /** As the services say it while a song is separated. */
  const working = async ({ addProject, ask }: TestDesktop) => {
    const project = await addProject();
    const part = { name: 'drums', inputs: [{ stem: 'drums', gain: 1, pan: 0 }] };
    expect(await ask('projects.export', { project, parts: [part], format: 'flac', clipMode: null, rate: 'source', dither: 'triangular', pattern: '{stem}', folder: null })).toMatchObject({ ok: true });
  };

  it('comes at once when nothing is at work', async () => {
    const { fake, window, studio } = await start();
    const closed = vi.spyOn(studio, 'close');
    expect(closeWindow(window)).toBe(true);
    fake.app.emit('window-all-closed');
    await vi.waitFor(() => { expect(fake.app.hasEnded).toBe(true); });
    expect(closed).toHaveBeenCalledOnce();
    expect(fake.questions).toEqual([]);
    expect(fake.ipcMain.handlers.size).toBe(0);
  });

  it('is asked for while something is at work, and can be put off', async () => {
    const shell = await start();
    const { fake, window } = shell;
    await working(shell);
    fake.pressed = 1;
    expect(closeWindow(window)).toBe(false);
    await vi.waitFor(() => { expect(fake.questions).toHaveLength(1); });
    expect(fake.questions[0]).toMatchObject({ defaultId: 1, cancelId: 1, buttons: ['Quit', 'Keep going'] });
    expect([window.isGone, fake.app.hasEnded]).toEqual([false, false]);
    fake.pressed = 0;
    expect(closeWindow(window)).toBe(false);
    await vi.waitFor(() => { expect(fake.app.hasEnded).toBe(true); });
    expect(window.isGone).toBe(true);
    expect(fake.awake.size).toBe(0);
  });

  it('closes the services once, however often it is asked for', async () => {
    const { fake, desktop, studio } = await start();
    const closed = vi.spyOn(studio, 'close');
    desktop.quit();
    desktop.quit();
    fake.app.quit();
    await vi.waitFor(() => { expect(fake.app.hasEnded).toBe(true); });
    expect(closed).toHaveBeenCalledOnce();
  });

  it('is not asked for when a signal comes', async () => {
    const shell = await start();
    await working(shell);
    shell.desktop.quit();
    await vi.waitFor(() => { expect(shell.fake.app.hasEnded).toBe(true); });
    expect(shell.fake.questions).toEqual([]);
  });
});

it('a studio that cannot be opened says why, and ends', async () => {
  const studio = await openTestStudio();
  const fake = fakeElectron();
  const setting = desktopSetting(studio);
  const desktop = Desktop.claim(fake.electron, { ...setting, openStudio: () => Promise.reject(new Error('the engine is missing')) });
  await desktop?.start();
  expect(fake.errors).toEqual([expect.stringContaining('the engine is missing')]);
  await vi.waitFor(() => { expect(fake.app.hasEnded).toBe(true); });
  expect(fake.windows).toEqual([]);
  await studio.close();
});

it('a window that is closed before its page is there is no fault, a page that is not there is one', async () => {
  const load = async (isClosed: boolean) => {
    const studio = await openTestStudio();
    const fake = fakeElectron();
    const desktop = Desktop.claim(fake.electron, desktopSetting(studio));
    vi.spyOn(FakeWindow.prototype, 'loadURL').mockImplementation(function (this: FakeWindow) {
      this.isGone = isClosed;
      return Promise.reject(new Error('ERR_FAILED'));
    });
    await desktop?.start();
    desktop?.quit();
    await vi.waitFor(() => { expect(fake.app.hasEnded).toBe(true); });
    await studio.close();
    return fake.errors.length;
  };
  expect(await load(true)).toBe(0);
  expect(await load(false)).toBe(1);
});

it('the menu reaches the page, and the theme the system', async () => {
  const { fake, window, ask } = await start();
  const file = fake.menu.find(({ label }) => label === '&File');
  const [openFiles] = Array.isArray(file?.submenu) ? file.submenu : [];
  (openFiles?.click as (() => void) | undefined)?.();
  expect(window.webContents.sent.filter(([name]) => name === ipc.command)).toEqual([[ipc.command, 'openFiles']]);
  await ask('settings.set', { theme: 'light' });
  expect(fake.themeSource).toBe('light');
});

it('the locks and caches of Chromium lie with the settings', async () => {
  const { fake, folder } = await start();
  expect(fake.app.paths).toEqual({ userData: join(folder, 'config', 'desktop') });
});
