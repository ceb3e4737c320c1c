import type { Page } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { defaultSettings, type Settings } from '../../electron/contract/settings.ts';
import { cliFile, rendererFile } from '../../scripts/setup/paths.mjs';
import { recordSound, recorderFile, recorderScript } from './sound.ts';

/** The studio's own process, with a home of its own, and the page that it shows. What is heard is recorded. */
export interface Shell {
  readonly home: string;
  /** Opens the studio, again after a `stop`. */
  start(): Promise<Page>;
  stop(): Promise<void>;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
}

/** The built page, with what the tests hear it by. */
async function pageIn(home: string): Promise<string> {
  const folder = join(home, 'page');
  await cp(join(rendererFile, '..'), folder, { recursive: true });
  await writeFile(join(folder, recorderFile), recorderScript);
  return folder;
}

/** Whatever sound devices the machine has, it is the page that plays, where the tests hear it. */
async function playInPage(home: string): Promise<void> {
  const folder = join(home, 'config');
  await mkdir(folder, { recursive: true });
  const sound: Settings['sound'] = { ...defaultSettings.sound, device: 'none' };
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ sound }), { flag: 'wx' }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
}

/** What the studio is started with. */
export async function environment(home: string): Promise<Record<string, string>> {
  await playInPage(home);
  const own = { STEMWRIGHT_HOME: home, STEMWRIGHT_RENDERER: await pageIn(home) };
  const given = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return { ...Object.fromEntries(given), ...own };
}

export class BrowserShell implements Shell {
  readonly home: string;
  readonly #page: Page;
  #process: ChildProcess | undefined;

  private constructor(home: string, page: Page) {
    this.home = home;
    this.#page = page;
  }

  static async create(home: string, page: Page): Promise<BrowserShell> {
    await recordSound(page);
    return new BrowserShell(home, page);
  }

  async start(): Promise<Page> {
    const child = spawn(process.execPath, [cliFile, 'studio', '--no-open'], { env: await environment(this.home), stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    await this.#page.goto(await addressFrom(child));
    return this.#page;
  }

  stop(): Promise<void> {
    return end(this.#process, 'SIGTERM');
  }

  kill(): Promise<void> {
    return end(this.#process, 'SIGKILL');
  }
}

async function addressFrom(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the studio has no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /http:\/\/\S+/.exec(line)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error('the studio ended before it said its address');
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
