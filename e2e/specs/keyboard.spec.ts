import type { Page } from '@playwright/test';
import { makeSong, probe } from '../pages/songs.ts';
import { expect, test } from '../pages/test.ts';

/** Goes from one thing to the next until that one has the focus. */
async function tabTo(page: Page, role: 'button' | 'radio' | 'textbox', name: string | RegExp): Promise<void> {
  const wanted = page.getByRole(role, typeof name === 'string' ? { name, exact: true } : { name });
  for (let step = 0; step < 80; step++) {
    if (await wanted.evaluateAll((elements) => elements.some((element) => element === document.activeElement))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${String(name)} cannot be reached with Tab`);
}

test('a song is added, separated, mixed and exported with the keyboard alone', async ({ studio }) => {
  const page = await studio.open();
  const { keyboard } = page;
  const choosing = page.waitForEvent('filechooser');
  await keyboard.press('Control+o');
  await (await choosing).setFiles(await makeSong(studio.file('By hand.mp3'), { seconds: 6 }));
  await expect(studio.item('By hand')).toBeVisible();
  await tabTo(page, 'button', 'Separate');
  await keyboard.press('Enter');
  await studio.finished();

  await keyboard.press('Space');
  await expect(studio.button('Pause')).toBeVisible();
  await expect.poll(() => studio.position()).toBeGreaterThan(0.3);
  await keyboard.press('Space');
  await expect(studio.button('Play')).toBeVisible();
  await keyboard.press('Home');
  expect(await studio.position()).toBe(0);
  await keyboard.press(']');
  expect(await studio.position()).toBe(5);

  await keyboard.press('2');
  await keyboard.press('m');
  await expect(studio.lane('Drums').getByRole('button', { name: 'Mute Drums' })).toHaveAttribute('aria-pressed', 'true');
  await keyboard.press('ArrowDown');
  await keyboard.press('-');
  await expect(studio.lane('Bass').getByRole('slider', { name: 'Bass level' })).toHaveAttribute('aria-valuetext', /^minus/);
  await keyboard.press('Shift+S');
  await expect(studio.lane('Bass').getByRole('button', { name: 'Solo Bass' })).toHaveAttribute('aria-pressed', 'true');
  await keyboard.press('s');
  await keyboard.press('Home');
  await keyboard.press('ArrowRight');
  await keyboard.press('i');
  await keyboard.press(']');
  await keyboard.press('o');
  await expect(page.getByRole('slider', { name: 'Loop start' })).toHaveAttribute('aria-valuenow', '1');
  await keyboard.press('l');

  await keyboard.press('Control+e');
  const dialog = studio.dialog(/^Export/);
  await expect(dialog).toBeVisible();
  await tabTo(page, 'radio', 'Stems');
  await keyboard.press('ArrowRight');
  await expect(dialog.getByRole('radio', { name: 'Mix as heard' })).toBeChecked();
  await tabTo(page, 'radio', /WAV/);
  await keyboard.press('ArrowRight');
  await expect(dialog.getByRole('radio', { name: 'FLAC' })).toBeChecked();
  const target = dialog.getByRole('radio', { name: 'Download' });
  if (await target.isVisible()) {
    await tabTo(page, 'radio', 'Download');
    await keyboard.press('ArrowRight');
  }
  await tabTo(page, 'textbox', 'Folder');
  await keyboard.type(studio.file('exports'));
  await keyboard.press('Enter');
  await expect(dialog.getByText(/^Done\./)).toBeVisible();
  expect(await probe(studio.file('exports/By hand/mix.flac'))).toMatchObject({ codec: 'flac' });
  await keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

test('no key of the studio works while something is typed', async ({ studio }) => {
  const page = await studio.open();
  await page.keyboard.press('Control+f');
  const search = page.getByRole('searchbox');
  await expect(search).toBeFocused();
  await page.keyboard.type('?ms l');
  await expect(search).toHaveValue('?ms l');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  await page.keyboard.press('?');
  await expect(studio.dialog('All keys')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
});

test('F6 goes from region to region', async ({ studio }) => {
  const page = await studio.open();
  const region = (): Promise<string> => page.evaluate(() => document.activeElement?.closest('header, aside, main')?.tagName ?? '');
  const seen: string[] = [];
  for (let step = 0; step < 4; step++) {
    await page.keyboard.press('F6');
    seen.push(await region());
  }
  expect(new Set(seen)).toEqual(new Set(['HEADER', 'ASIDE', 'MAIN']));
});
