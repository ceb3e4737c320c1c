import { readdir } from 'node:fs/promises';
import { makeCorruptSong, makeSong } from '../pages/songs.ts';
import type { StudioPage } from '../pages/studio.ts';
import { expect, test } from '../pages/test.ts';

/** What lies in the library's folder once the studio has ended: finished projects, and nothing that is half written. */
async function leftBehind(studio: StudioPage): Promise<string[]> {
  await studio.shell.stop();
  return (await readdir(studio.file('data/projects'))).sort();
}

test('one song is cancelled and one is corrupt: the rest goes on, and each can be retried', async ({ studio }) => {
  await studio.open();
  const first = await makeSong(studio.file('Too long.mp3'), { seconds: 30 });
  const corrupt = await makeCorruptSong(studio.file('Lyrics.mp3'));
  const last = await makeSong(studio.file('Kept.flac'));
  for (const [index, path] of [first, corrupt, last].entries()) {
    await studio.drop(path);
    await expect(studio.queue.getByRole('row')).toHaveCount(index + 1);
  }
  await expect(studio.item('Lyrics')).toContainText('not an audio or video file');

  await studio.startQueue();
  await expect(studio.item('Too long').getByRole('progressbar')).toBeVisible();
  await studio.queue.getByRole('button', { name: 'Cancel Too long' }).click();
  await expect(studio.item('Too long')).toContainText('No stem is half written');
  await expect(studio.item('Lyrics').getByRole('button', { name: 'Retry Lyrics' })).toBeVisible();
  await expect(studio.item('Lyrics')).toContainText('Lyrics.mp3: not an audio or video file');
  await expect(studio.project('Kept')).toBeVisible({ timeout: 60_000 });

  await studio.queue.getByRole('button', { name: 'Retry Too long' }).click();
  await studio.startQueue();
  await expect(studio.project('Too long')).toBeVisible({ timeout: 90_000 });
  await studio.queue.getByRole('button', { name: 'Remove Lyrics' }).click();
  await expect(studio.item('Lyrics')).toBeHidden();
  expect(await leftBehind(studio)).toEqual(['Kept', 'Too long']);
});

test('songs wait in the order in which they were put', async ({ studio }) => {
  const page = await studio.open();
  const titles = ['One', 'Two', 'Three'];
  for (const [index, title] of titles.entries()) {
    await studio.drop(await makeSong(studio.file(`${title}.wav`), { seconds: 1 }));
    await expect(studio.queue.getByRole('row')).toHaveCount(index + 1);
  }
  // As every list of React Aria's: the arrows reach a row's buttons; Enter takes it up and puts it down, arrows choose the place.
  await studio.item('Three').focus();
  await page.keyboard.press('ArrowRight');
  await expect(studio.queue.getByRole('button', { name: 'Move Three', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(studio.button('Insert after Three')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect(studio.button('Insert between One and Two')).toBeFocused();
  await page.keyboard.press('Enter');
  const rows = studio.queue.getByRole('row');
  await expect(rows).toContainText(['One', 'Three', 'Two']);

  await studio.shell.stop();
  await studio.open();
  await expect(rows).toContainText(['One', 'Three', 'Two']);
});

test('killed in the middle of a song, the studio finds its queue again', async ({ studio }) => {
  await studio.open();
  await studio.drop(await makeSong(studio.file('Broken off.mp3'), { seconds: 20 }));
  await expect(studio.item('Broken off')).toBeVisible();
  await studio.drop(await makeSong(studio.file('Next.wav'), { seconds: 1 }));
  await expect(studio.item('Next')).toBeVisible();
  await studio.startQueue();
  await expect(studio.item('Broken off').getByText(/^[1-9]\d* %$/)).toBeVisible();

  await studio.shell.kill();
  await expect(studio.page.getByText('No connection to the studio. Trying again.')).toBeVisible();
  await studio.open();
  await expect(studio.item('Broken off')).toContainText('The studio ended while this ran. No stem is half written.');
  await expect(studio.project('Next')).toBeVisible({ timeout: 60_000 });
  await studio.queue.getByRole('button', { name: 'Retry Broken off' }).click();
  await studio.startQueue();
  await expect(studio.project('Broken off')).toBeVisible({ timeout: 90_000 });
  expect(await leftBehind(studio)).toEqual(['Broken off', 'Next']);
});
