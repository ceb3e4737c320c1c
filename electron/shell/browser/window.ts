import { spawn } from 'node:child_process';
import { accessSync, constants, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const macPaths = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);

const flags = [
  ...['--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ...['--no-first-run', '--no-default-browser-check'],
];

/** The browser that can show the studio as a window of its own; null without one, or without a display. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string | null {
  if (platform === 'darwin') {
    return macPaths.find(isExecutable) ?? null;
  }
  if (platform === 'win32' || !hasDisplay(env)) {
    return null;
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable) ?? null;
}

function hasDisplay(env: NodeJS.ProcessEnv): boolean {
  return [env['DISPLAY'], env['WAYLAND_DISPLAY']].some((display) => display !== undefined && display !== '');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Of the path of a socket, as systems limit it, less what the browser appends to its folder for temporary files. */
const longestTemporary = 104 - '/org.chromium.Chromium.XXXXXX/SingletonSocket'.length - 1;

export interface BrowserWindow {
  /** When the user has closed it, or it could not be opened. */
  closed: Promise<void>;
  /** Closes it and removes its profile. */
  close(): Promise<void>;
}

/** Opens the address as a window without a browser's bars, in a profile of its own that is removed with it. */
export async function openWindow(browser: string, address: string): Promise<BrowserWindow> {
  const profile = await mkdtemp(join(tmpdir(), 'stemwright-window-'));
  // Root has no sandbox to give, and machines used as root mostly no graphics driver.
  const forRoot = process.getuid?.() === 0 ? ['--no-sandbox', '--disable-gpu'] : [];
  // What it leaves among the temporary files then goes with the profile.
  const env = profile.length <= longestTemporary ? { ...process.env, TMPDIR: profile } : process.env;
  const child = spawn(browser, [...flags, ...forRoot, `--user-data-dir=${profile}`, `--app=${address}`], { stdio: 'ignore', detached: true, env });
  const kill = () => {
    try {
      // The whole group: a browser is many processes.
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  };
  const removeNow = () => {
    kill();
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', removeNow);
  const closed = new Promise<void>((resolve) => {
    child.once('error', () => {
      resolve();
    });
    child.once('close', () => {
      resolve();
    });
  });
  return {
    closed,
    close: async () => {
      if (child.pid !== undefined) {
        kill();
      }
      await closed;
      await rm(profile, { recursive: true, force: true, maxRetries: 10 });
      process.removeListener('exit', removeNow);
    },
  };
}
