import { spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { requests } from '../../contract/channels.ts';
import { ipc } from './names.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Stands in for Electron, which this machine may not have: tells what it is asked for, and asks in the page's place. */
const electron = `
import { EventEmitter } from 'node:events';
const tell = (what, value) => process.stdout.write(JSON.stringify({ what, value }) + '\\n');
const nothing = () => undefined;
let serve, answer;
export const app = Object.assign(new EventEmitter(), {
  isPackaged: false, setPath: nothing, requestSingleInstanceLock: () => true, whenReady: () => Promise.resolve(), addRecentDocument: nothing, exit: process.exit,
  quit: () => { let waits = false; app.emit('will-quit', { preventDefault: () => { waits = true; } }); if (!waits) process.exit(0); },
});
export class BrowserWindow extends EventEmitter {
  webContents = Object.assign(new EventEmitter(), { setWindowOpenHandler: nothing, isDestroyed: () => false, send: nothing });
  constructor({ webPreferences }) { super(); tell('preload', webPreferences.preload); }
  setProgressBar() {} show() {} isDestroyed() { return false; }
  async loadURL(url) {
    tell('page', await (await serve(new Request(url))).text());
    const event = { sender: this.webContents, senderFrame: { parent: null, url } };
    tell('info', await answer(event, JSON.stringify({ channel: 'app.info', args: null })));
    for (;;) {
      const queue = await answer(event, JSON.stringify({ channel: 'queue.list', args: null }));
      if (!queue.ok || queue.value.items.length > 0) return tell('queue', queue);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
export const dialog = { showErrorBox: (...text) => tell('error', text) };
export const ipcMain = { handle: (name, handler) => { if (name === '${ipc.request}') answer = handler; }, removeHandler: nothing, on: nothing, removeListener: nothing };
export const Menu = { buildFromTemplate: (template) => template, setApplicationMenu: nothing };
export const nativeTheme = {};
export class Notification {}
export const powerSaveBlocker = { start: () => 1, stop: nothing };
export const protocol = { registerSchemesAsPrivileged: nothing, handle: (_, handler) => { serve = handler; } };
const display = { workArea: { x: 0, y: 0, width: 1920, height: 1080 } };
export const screen = { getPrimaryDisplay: () => display, getAllDisplays: () => [display] };
export const session = { defaultSession: { setPermissionRequestHandler: nothing, setPermissionCheckHandler: nothing, setDevicePermissionHandler: nothing, webRequest: { onBeforeRequest: nothing } } };
export const shell = {};
// As long as there is a window there is a program.
setInterval(nothing, 1000);
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-main-'));
  await mkdir(join(folder, 'node_modules', 'electron'), { recursive: true });
  await writeFile(join(folder, 'node_modules', 'electron', 'package.json'), '{"type":"module","exports":"./index.js"}');
  await writeFile(join(folder, 'node_modules', 'electron', 'index.js'), electron);
  await mkdir(join(folder, 'build', 'renderer'), { recursive: true });
  await writeFile(join(folder, 'build', 'renderer', 'index.html'), '<div id="root" nonce="%CSP_NONCE%">');
  await symlink(join(root, 'build', 'release'), join(folder, 'build', 'release'));
  await symlink(join(root, 'assets'), join(folder, 'assets'));
});
afterEach(() => rm(folder, { recursive: true }));

it.runIf(process.platform !== 'win32')('the main process runs with the real engine, serves the page, takes songs, and ends on a signal', async () => {
  await build({
    ...{ entryPoints: [join(root, 'electron', 'shell', 'desktop', 'main.ts')], outfile: join(folder, 'build', 'desktop', 'main.mjs') },
    ...{ bundle: true, platform: 'node', format: 'esm', external: ['electron'], logLevel: 'error' },
    banner: { js: 'import * as nodeModule from "node:module";\nconst require = nodeModule.createRequire(import.meta.url);' },
  });
  const env = { ...process.env, STEMWRIGHT_HOME: join(folder, 'home') };
  const child = spawn(process.execPath, [join(folder, 'build', 'desktop', 'main.mjs'), '/music/song.mp3'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const told = new Map<string, unknown>();
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const { what, value } = JSON.parse(line) as { what: string; value: unknown };
      told.set(what, value);
      if (what === 'error' || what === 'queue') {
        break;
      }
    }
    expect(told.get('error')).toBeUndefined();
    expect(told.get('page')).toMatch(/<div id="root" nonce="[\w+/=]{20,}">/);
    expect(told.get('preload')).toBe(join(folder, 'build', 'desktop', 'preload.cjs'));
    const info = told.get('info') as { ok: boolean; value: unknown };
    expect(requests['app.info'].result.parse(info.value)).toMatchObject({ shell: 'desktop', can: { chooseFolder: true, chooseFiles: true, reveal: true, trash: true, dragOut: true } });
    expect(told.get('queue')).toMatchObject({ ok: true, value: { items: [{ path: '/music/song.mp3', state: 'waiting' }] } });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    await access(join(folder, 'home', 'data', 'queue.json'));
  } finally {
    child.kill('SIGKILL');
  }
});
