import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { downloadElectron, findElectron } from './electron.mjs';
import { chromium } from './setup/packages.mjs';
import { root } from './setup/paths.mjs';

const browser = chromium();
const start = join(root, 'scripts', 'start.mjs');

let folder: string;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-start-'));
  await mkdir(join(folder, 'tmp'));
  await mkdir(join(folder, 'bin'));
});
afterEach(async () => {
  running.forEach((child) => child.kill('SIGKILL'));
  running.clear();
  await rm(folder, { recursive: true, maxRetries: 5 });
});

async function program(name: string, script: string): Promise<void> {
  const path = join(folder, 'bin', name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function run(args: string[], env: NodeJS.ProcessEnv) {
  const home = { STEMWRIGHT_HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp'), INIT_CWD: folder };
  const clean = { DISPLAY: '', WAYLAND_DISPLAY: '', ELECTRON_OVERRIDE_DIST_PATH: '', ELECTRON_RUN_AS_NODE: undefined };
  const child = spawn(process.execPath, [start, ...args], { env: { ...process.env, ...clean, ...home, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended, output: () => output };
}

/** Command lines of this machine's processes that name the test's folder. */
async function left(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(folder));
}

async function expectNothingLeft(): Promise<void> {
  await vi.waitFor(async () => { expect(await left()).toEqual([]); }, 5000);
  expect(await readdir(join(folder, 'tmp'))).toEqual([]);
}

describe.runIf(process.platform === 'linux')('npm start, with Electron', () => {
  const electron = () => ({ DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'bin') });
  /** Notes what it is given, has a child, and does as it is told. */
  const fake = (rest: string) => program('electron', `cd ${folder}\ntail -f ${folder}/never 2>/dev/null & echo $! > child\nprintf '%s\\n' "$ELECTRON_RUN_AS_NODE" "$@" > arguments.new\nmv arguments.new arguments\n${rest}`);
  const given = () => vi.waitFor(async () => (await readFile(join(folder, 'arguments'), 'utf8')).trimEnd().split('\n'), 5000);

  it('hands the songs over by their whole paths, and ends as it ends', async () => {
    await fake('exit 3');
    const { ended } = run(['song.mp3', '/music/b.flac'], { ...electron(), ELECTRON_RUN_AS_NODE: '1' });
    const [asNode, ...args] = await given();
    expect(asNode).toBe('');
    expect(args.filter((arg) => arg !== '--no-sandbox')).toEqual([root, join(folder, 'song.mp3'), '/music/b.flac']);
    expect(await ended).toBe(3);
    await expectNothingLeft();
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it, and everything that it has started', async (signal) => {
    await fake(`trap 'exit 0' TERM\nwhile :; do sleep 0.1; done`);
    const { child, ended } = run([], electron());
    await given();
    child.kill(signal);
    expect(await ended).toBe(0);
    await expectNothingLeft();
  });

  it('is not used without a display', async () => {
    await fake('exit 3');
    const { child, ended, output } = run([], { ...electron(), DISPLAY: '' });
    await vi.waitFor(() => { expect(output()).toContain('The studio is at http://127.0.0.1:'); }, 20_000);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(existsSync(join(folder, 'arguments'))).toBe(false);
  });
});

describe.runIf(process.platform === 'linux' && browser !== undefined)('npm start, in a browser', () => {
  /** A real browser without a display, with a port at which it can be asked. */
  async function open(...args: string[]) {
    await program('chromium', `exec ${browser ?? ''} --headless=new --remote-debugging-port=0 "$@"`);
    const song = join(folder, 'Song.wav');
    await writeFile(song, '');
    const program_ = run(['--browser', ...args], { DISPLAY: ':0', PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` });
    const devtools = await vi.waitFor(
      async () => {
        const profile = (await readdir(join(folder, 'tmp'))).find((name) => name.startsWith('stemwright-window-')) ?? '';
        const [port = '', path = ''] = (await readFile(join(folder, 'tmp', profile, 'DevToolsActivePort'), 'utf8')).split('\n');
        return { port, path };
      },
      { timeout: 30_000, interval: 200 },
    );
    const page = await vi.waitFor(
      async () => {
        const targets = (await (await fetch(`http://127.0.0.1:${devtools.port}/json/list`)).json()) as { type: string; url: string }[];
        const found = targets.find(({ type, url }) => type === 'page' && url.startsWith('http://127.0.0.1:'));
        expect(found).toBeDefined();
        return new URL(found?.url ?? '');
      },
      { timeout: 30_000, interval: 200 },
    );
    return { ...program_, page, devtools };
  }

  async function closeBrowser({ port, path }: { port: string; path: string }): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send('{"id":1,"method":"Browser.close"}');
  }

  it('shows the page, queues the song, and leaves nothing when the window is closed', async () => {
    const { page, devtools, ended } = await open('Song.wav');
    expect((await fetch(page)).status).toBe(200);
    expect(await readFile(join(folder, 'home', 'data', 'queue.json'), 'utf8')).toContain(join(folder, 'Song.wav'));
    await closeBrowser(devtools);
    expect(await ended).toBe(0);
    await expect(fetch(page)).rejects.toThrow();
    await expectNothingLeft();
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s closes the window and leaves nothing', async (signal) => {
    const { child, page, ended } = await open();
    child.kill(signal);
    expect(await ended).toBe(0);
    await expect(fetch(page)).rejects.toThrow();
    await expectNothingLeft();
  });
});

describe('the binary', () => {
  it('is the downloaded one of the locked version, or the given one', async () => {
    const name = process.platform === 'darwin' ? 'Electron.app/Contents/MacOS/Electron' : process.platform === 'win32' ? 'electron.exe' : 'electron';
    const put = async (path: string, text: string) => {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), text);
    };
    expect(findElectron({}, folder)).toBeNull();
    await put('package.json', '{"version":"45.4.1"}');
    await put('dist/version', '45.4.0');
    await put(`dist/${name}`, '');
    expect(findElectron({}, folder)).toBeNull();
    await put('dist/version', 'v45.4.1\n');
    expect(findElectron({}, folder)).toBe(join(folder, 'dist', name));
    expect(findElectron({ ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'none') }, folder)).toBeNull();
    expect(findElectron({ ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'dist') }, folder)).toBe(join(folder, 'dist', name));
  });

  it('is downloaded within a limit, and how long that takes is said', async () => {
    const installer = async (text: string) => {
      const path = join(folder, 'install.cjs');
      await writeFile(path, text);
      let said = '';
      const write = (text: string) => (said += text);
      const succeeded = await downloadElectron({ installer: path, limitMs: 3000, write, isTerminal: false });
      return { succeeded, said };
    };
    expect(await installer('process.exit(0)')).toEqual({ succeeded: true, said: '' });
    expect(await installer('process.exit(1)')).toEqual({ succeeded: false, said: '' });
    expect(await installer('setInterval(() => {}, 1000)')).toEqual({ succeeded: false, said: 'stemwright: downloading Electron, 1 s of at most 3\n' });
  });
});
