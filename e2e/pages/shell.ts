import type { Page } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { builtPage, root } from './paths.ts';
import { recorderFile, recorderScript } from './sound.ts';

const program = join(root, 'build', 'cli', 'stemwright.mjs');

/** @returns a copy of the built page, with what the tests hear it by */
export async function copyPage(folder: string): Promise<string> {
  await cp(builtPage, folder, { recursive: true });
  await writeFile(join(folder, recorderFile), recorderScript);
  return folder;
}

/** The studio's own process, with a home of its own, and the page that it shows. */
export interface Shell {
  readonly home: string;
  /** Opens the studio, again after a `stop`. */
  start(): Promise<Page>;
  stop(): Promise<void>;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
}

export class BrowserShell implements Shell {
  readonly home: string;
  readonly #page: Page;
  #process: ChildProcess | undefined;

  constructor(home: string, page: Page) {
    this.home = home;
    this.#page = page;
  }

  async start(): Promise<Page> {
    const child = spawn(process.execPath, [program, 'studio', '--no-open'], {
      env: { ...process.env, STEMWRIGHT_HOME: this.home, STEMWRIGHT_RENDERER: join(this.home, 'page') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    await this.#page.goto(await addressFrom(child));
    return this.#page;
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
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
