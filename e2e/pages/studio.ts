import { expect, type Locator, type Page } from '@playwright/test';
import { join } from 'node:path';
import type { Shell } from './shell.ts';
import { makeSong } from './songs.ts';

/** The page, as a person would speak of it. */
export class StudioPage {
  readonly shell: Shell;
  /** What went wrong in the page itself, and what its policy refused. */
  readonly faults: string[] = [];
  #page: Page | undefined;

  constructor(shell: Shell) {
    this.shell = shell;
  }

  /** Another one after a restart, in some shells. */
  get page(): Page {
    if (this.#page === undefined) throw new Error('the studio has not been opened');
    return this.#page;
  }

  /** Opens the studio, or opens it again. */
  async open(): Promise<Page> {
    const page = await this.shell.start();
    if (page !== this.#page) {
      page.on('pageerror', ({ message }) => this.faults.push(message));
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) this.faults.push(message.text());
      });
    }
    this.#page = page;
    // What computes is named once the studio has answered.
    await expect(page.getByRole('banner')).toContainText(/\d threads?/);
    return page;
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
    return this.queue.getByRole('row', { name: title, exact: true });
  }

  get library(): Locator {
    return this.page.getByRole('region', { name: 'Library' });
  }

  /** A finished song. */
  project(title: string): Locator {
    return this.library.getByRole('row', { name: title, exact: true });
  }

  lane(name: string): Locator {
    return this.page.getByRole('region', { name: `${name} lane` });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  dialog(name: string | RegExp): Locator {
    return this.page.getByRole('dialog', { name });
  }

  async startQueue(): Promise<void> {
    await this.button('Start the queue').click();
  }

  /** Opens a finished song. */
  async openProject(title: string): Promise<void> {
    await this.project(title).click();
    await this.finished();
  }

  /** Drops a song of that name, separates it and shows the result. */
  async openFinished(title: string, seconds: number): Promise<void> {
    await this.drop(await makeSong(this.file(`${title}.wav`), { seconds }));
    await this.button('Separate').click();
    await this.finished();
  }

  /** Draws a region over a lane, from one share of what it shows to another. */
  async sweep(lane: string, from: number, to: number): Promise<void> {
    const box = await this.lane(lane).getByRole('img', { name: /^(?:Waveform|Spectrum) of/ }).boundingBox();
    if (box === null) throw new Error(`the lane ${lane} is not shown`);
    const y = box.y + box.height / 2;
    await this.page.mouse.move(box.x + box.width * from, y);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + box.width * to, y, { steps: 4 });
    await this.page.mouse.up();
  }

  /** Exports what the dialog is set to, into a folder of the song's name in this one. */
  async exportTo(dialog: Locator, folder: string): Promise<void> {
    const target = dialog.getByText('A folder', { exact: true });
    // Only a browser asks whether it is to be downloaded instead.
    if (await target.isVisible()) await target.click();
    await dialog.getByRole('textbox', { name: 'Folder' }).fill(folder);
    await dialog.getByRole('button', { name: /^Export/ }).click();
    await expect(dialog.getByText(/^Done\./)).toBeVisible();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
  }

  /** Waits until a song is done, and shown so. */
  async finished(): Promise<void> {
    await expect(this.page.getByText(/^Finished in/)).toBeVisible({ timeout: 150_000 });
  }

  /** Seconds. */
  /** As the next frame shows it: of after all that was asked before. */
  async position(): Promise<number> {
    const shown = (timer: Element): Promise<string> => new Promise((resolve) => {
      requestAnimationFrame(() => {
        resolve(timer.textContent);
      });
    });
    const [minutes, seconds] = (await this.page.getByRole('timer', { name: 'Position' }).evaluate(shown)).split(':').map(Number);
    return (minutes ?? NaN) * 60 + (seconds ?? NaN);
  }

  async setTheme(theme: 'dark' | 'light'): Promise<void> {
    await this.page.emulateMedia({ colorScheme: theme });
    await expect(this.page.locator('html')).toHaveAttribute('data-theme', theme);
  }
}
