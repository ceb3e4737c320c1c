import { test as base, expect, type Locator, type Page } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'build', 'cli', 'stemwright.mjs');
export const demoSong = join(root, 'assets', 'demo', 'mix.flac');

/** The studio's own process, with a home of its own. */
class Shell {
  readonly home: string;
  #process: ChildProcess | undefined;

  constructor(home: string) {
    this.home = home;
  }

  /** @returns the page's address */
  async start(): Promise<string> {
    const child = spawn(process.execPath, [program, 'studio', '--no-open'], {
      env: { ...process.env, STEMWRIGHT_HOME: this.home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    for await (const line of createInterface({ input: child.stdout })) {
      const address = /http:\/\/\S+/.exec(line)?.[0];
      if (address !== undefined) return address;
    }
    throw new Error('the studio ended before it said its address');
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child?.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  }
}

/** The page, as a person would speak of it. */
export class StudioPage {
  readonly page: Page;
  readonly shell: Shell;

  constructor(page: Page, shell: Shell) {
    this.page = page;
    this.shell = shell;
  }

  async open(): Promise<void> {
    await this.page.goto(await this.shell.start());
    await expect(this.page.getByText('Ready')).toBeVisible();
  }

  /** As the system does it: trusted, with real files. */
  async drop(...files: string[]): Promise<void> {
    const session = await this.page.context().newCDPSession(this.page);
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, x: 500, y: 300, data: { items: [], files, dragOperationsMask: 1 } });
    }
    await session.detach();
  }

  lane(name: string): Locator {
    return this.page.getByRole('region', { name: `${name} lane` });
  }

  /** Waits until a song is done, and shown so. */
  async finished(): Promise<void> {
    await expect(this.page.getByText(/^Finished in/)).toBeVisible({ timeout: 100_000 });
  }

  /** Seconds. */
  async position(): Promise<number> {
    const text = await this.page.getByRole('timer', { name: 'Position' }).textContent();
    const [minutes, seconds] = (text ?? '').split(':').map(Number);
    return (minutes ?? NaN) * 60 + (seconds ?? NaN);
  }

  async setTheme(theme: 'dark' | 'light'): Promise<void> {
    await this.page.emulateMedia({ colorScheme: theme });
    await expect(this.page.locator('html')).toHaveAttribute('data-theme', theme);
  }
}

export const test = base.extend<{ studio: StudioPage }>({
  studio: async ({ page }, use) => {
    const home = await mkdtemp(join(tmpdir(), 'stemwright-e2e-'));
    const shell = new Shell(home);
    try {
      await use(new StudioPage(page, shell));
    } finally {
      await shell.stop();
      await rm(home, { recursive: true, force: true });
    }
  },
});
export { expect };
