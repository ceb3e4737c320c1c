import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { demoSong, expect, test } from '../pages/studio.ts';

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}

test('a dropped song is separated, heard and kept', async ({ studio }) => {
  const { page } = studio;
  await studio.open();
  await expect(page.getByRole('heading', { name: 'Drop songs or folders anywhere' })).toBeVisible();
  await expectAccessible(page);

  await studio.drop(demoSong);
  await page.getByRole('button', { name: 'Separate', exact: true }).click();
  await expect(page.getByRole('progressbar').first()).toBeVisible();
  await studio.finished();
  for (const name of ['Vocals', 'Drums', 'Bass', 'Other', 'Original']) await expect(studio.lane(name)).toBeVisible();
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Play' }).click();
  await expect.poll(() => studio.position()).toBeGreaterThan(0.5);
  await page.keyboard.press('[');
  await page.getByRole('button', { name: 'Pause' }).click();

  await studio.lane('Drums').getByRole('button', { name: 'Mute Drums' }).click();
  await expect(studio.lane('Drums').getByRole('button', { name: 'Mute Drums' })).toHaveAttribute('aria-pressed', 'true');
  const fader = studio.lane('Bass').getByRole('slider', { name: 'Bass level' });
  await fader.press('ArrowDown');
  await expect(fader).toHaveAttribute('aria-valuetext', 'minus 0.5 decibels');

  await studio.shell.stop();
  await page.goto(await studio.shell.start());
  await page.getByRole('button', { name: /mix/i }).click();
  await studio.finished();
});

test('a file that is no song is named in plain words, and can be removed', async ({ studio }) => {
  const { page, shell } = studio;
  await studio.open();
  const file = join(shell.home, 'lyrics.mp3');
  await writeFile(file, 'la la la');
  await studio.drop(file);
  const queue = page.getByRole('grid', { name: 'Queue' });
  await expect(queue.getByText('lyrics.mp3: not an audio or video file')).toBeVisible();
  await page.getByRole('button', { name: 'Start the queue' }).click();
  await expect(queue.getByRole('button', { name: 'Retry lyrics' })).toBeVisible();
  await expectAccessible(page);
  await queue.getByRole('button', { name: 'Remove lyrics' }).click();
  await expect(queue.getByText('lyrics')).toBeHidden();
});

test('all keys are shown on ?', async ({ studio }) => {
  const { page } = studio;
  await studio.open();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'All keys' })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
});
