import { test as base, expect } from '@playwright/test';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DesktopShell } from './desktop-shell.ts';
import type { Options } from './options.ts';
import { finishedSong, makeLibrary } from './library.ts';
import { BrowserShell } from './shell.ts';
import { StudioPage } from './studio.ts';

export { expect, finishedSong };

const newHome = (): Promise<string> => mkdtemp(join(tmpdir(), 'stemwright-e2e-'));
const remove = (home: string): Promise<void> => rm(home, { recursive: true, force: true, maxRetries: 3 });

export const test = base.extend<Options & { studio: StudioPage }, { library: () => Promise<string> }>({
  electron: [null, { option: true }],
  home: ['empty', { option: true }],
  // Separated once a worker, when the first test asks for it, and copied for each.
  library: [
    async ({ browser }, use) => {
      const home = await newHome();
      let made: Promise<void> | undefined;
      await use(async () => {
        await (made ??= makeLibrary(browser, home));
        return home;
      });
      await remove(home);
    },
    { scope: 'worker' },
  ],
  studio: async ({ electron, home, library, page }, use) => {
    const folder = await newHome();
    if (home === 'library') await cp(await library(), folder, { recursive: true });
    const shell = electron === null ? await BrowserShell.create(folder, page) : new DesktopShell(folder, electron);
    try {
      const own = new StudioPage(shell);
      await use(own);
      expect(own.faults).toEqual([]);
    } finally {
      await shell.stop();
      await remove(folder);
    }
  },
});
