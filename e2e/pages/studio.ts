import { test as base, expect, type Locator, type Page } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSong } from './songs.ts';
import { BrowserShell, copyPage, type Shell } from './shell.ts';

export { expect };

/** The page, as a person would speak of it. */
export class StudioPage {
  readonly shell: Shell;
  /** Another one after a restart, in some shells. */
  page: Page;

  constructor(shell: Shell, page: Page) {
    this.shell = shell;
    this.page = page;
  }

  /** Opens the studio, or opens it again. */
  async open(): Promise<Page> {
    this.page = await this.shell.start();
    await expect(this.page.getByRole('button', { name: 'Add files' })).toBeVisible();
    await expect(this.page.getByText('Ready', { exact: true })).toBeVisible();
    return this.page;
  }

  /** A file of this studio's own folder, which is removed with it. */
  file(name: string): string {
    return join(this.shell.home, name);
  }

  /** As the system does it: trusted, with real files. */
  async drop(...files: string[]): Promise<void> {
    const session = await this.page.context().newCDPSession(this.page);
    // Like a hand, which hovers: the browser drops only where the page has had time to say that it takes files.
    for (const type of ['dragEnter', 'dragOver', 'dragOver', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, x: 500, y: 300, data: { items: [], files, dragOperationsMask: 1 } });
      await this.page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await session.detach();
  }

  get queue(): Locator {
    return this.page.getByRole('grid', { name: 'Queue' });
  }

  /** A song in the queue. */
  item(title: string): Locator {
    return this.queue.getByRole('row').filter({ hasText: title });
  }

  get library(): Locator {
    return this.page.getByRole('region', { name: 'Library' });
  }

  lane(name: string): Locator {
    return this.page.getByRole('region', { name: `${name} lane` });
  }

  async startQueue(): Promise<void> {
    await this.page.getByRole('button', { name: 'Start the queue' }).click();
  }

  /** Drops a song of that name, separates it and shows the result. */
  async openFinished(title: string, seconds: number): Promise<void> {
    await this.drop(await makeSong(this.file(`${title}.wav`), { seconds }));
    await this.page.getByRole('button', { name: 'Separate', exact: true }).click();
    await this.finished();
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
    await copyPage(join(home, 'page'));
    const shell = new BrowserShell(home, page);
    try {
      await use(new StudioPage(shell, page));
    } finally {
      await shell.stop();
      await rm(home, { recursive: true, force: true });
    }
  },
});
