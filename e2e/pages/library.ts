import type { Browser } from '@playwright/test';
import { BrowserShell } from './shell.ts';
import { StudioPage } from './studio.ts';

/** The song that a studio with a library knows. */
export const finishedSong = 'Night drive';

/** Lets a studio separate a song in this home. */
export async function makeLibrary(browser: Browser, home: string, seconds = 12): Promise<void> {
  const page = await browser.newPage();
  const studio = new StudioPage(await BrowserShell.create(home, page));
  try {
    await studio.open();
    await studio.openFinished(finishedSong, seconds);
  } finally {
    await studio.shell.stop();
    await page.close();
  }
}
