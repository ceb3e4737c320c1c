import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StemwrightError } from '../contract/errors.ts';
import { Studio } from '../services/studio.ts';
import { startBrowserShell, type BrowserShell } from '../shell/browser/server.ts';
import { moveToTrash, revealFolder } from '../shell/browser/system.ts';
import { findBrowser, openWindow } from '../shell/browser/window.ts';
import { parseStudio } from './arguments.ts';
import { faultLine } from './report.ts';

const builtPage = fileURLToPath(new URL('../../build/renderer/', import.meta.url));

function log(line: string): void {
  process.stderr.write(`stemwright: ${line}\n`);
}

/** Shows the studio until its window is closed or `signal` comes. */
export async function runStudio(args: string[], folder: string, signal: AbortSignal): Promise<number> {
  const { files, port, opens } = parseStudio(args, folder);
  const renderer = resolve(folder, process.env['STEMWRIGHT_RENDERER'] ?? builtPage);
  await access(join(renderer, 'index.html')).catch(() => {
    throw new StemwrightError('internal', `${renderer}: the studio's page has not been built`, 'Start it with `npm start`, which builds it.');
  });
  const studio = await Studio.open({ system: { shell: 'browser', reveal: revealFolder(), log, ...(process.platform === 'win32' ? {} : { trash: moveToTrash }) } });
  let shell: BrowserShell | null = null;
  try {
    await addSongs(studio, files);
    shell = await startBrowserShell({ studio, renderer, port, log });
    await show(shell.address, opens, signal);
  } finally {
    await shell?.close();
    await studio.close();
  }
  return 0;
}

/** A song that cannot be queued does not keep the studio from opening. */
async function addSongs(studio: Studio, paths: readonly string[]): Promise<void> {
  if (paths.length > 0) {
    const answer = await studio.addSongs(paths);
    if (!answer.ok) {
      process.stderr.write(faultLine(answer));
    }
  }
}

async function show(address: string, opens: boolean, signal: AbortSignal): Promise<void> {
  const browser = opens ? findBrowser() : null;
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => { resolve(); }, { once: true });
    if (signal.aborted) {
      resolve();
    }
  });
  process.stdout.write(browser === null ? `The studio is at ${address}\n` : '');
  if (browser === null) {
    await stopped;
    return;
  }
  const window = await openWindow(browser, address);
  try {
    await Promise.race([stopped, window.closed]);
  } finally {
    await window.close();
  }
}
