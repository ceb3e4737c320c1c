import { clippedTexts, shifts, watchShifts } from '../pages/layout.ts';
import { makeSilence, makeSong } from '../pages/songs.ts';
import { expect, finishedSong, test } from '../pages/test.ts';

test('nothing moves from the opening of the studio to that of the finished song', async ({ studio }) => {
  const page = await studio.open();
  await watchShifts(page);
  await studio.drop(await makeSong(studio.file('Still.mp3'), { seconds: 15 }));
  await expect(studio.item('Still')).toContainText('disk');
  await studio.button('Separate').click();
  await studio.finished();
  expect(await shifts(page)).toEqual([]);
});

const titles = [
  'A title that goes on and on, as those of live recordings with every guest, place and year in them do (2019 remaster, bonus disc)',
  'שלום עולם: שיר ארוך מאוד שאינו נכנס בשורה אחת של הרשימה',
  '深夜の高速道路を走る車の窓から見える街の明かりとあなたの声',
];

test('long titles, in any script, and long times are shown in full or say that there is more', async ({ studio }) => {
  const page = await studio.open();
  for (const title of titles) {
    await studio.drop(await makeSong(studio.file(`${title}.flac`), { seconds: 1 }));
    await expect(studio.item(title)).toBeVisible();
  }
  await studio.drop(await makeSilence(studio.file('Ten hours.flac'), 36_000));
  await expect(studio.item('Ten hours')).toContainText('10:00:00');
  for (const title of [...titles, 'Ten hours']) {
    await studio.item(title).click();
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
    expect(await clippedTexts(page), title).toEqual([]);
  }
});

test.describe('with a finished song', () => {
  test.use({ home: 'library' });

  test('nothing moves by itself with reduced motion', async ({ studio }) => {
    const page = await studio.open();
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await studio.openProject(finishedSong);
    await page.keyboard.press('?');
    await expect(studio.dialog('All keys')).toBeVisible();
    const moving = await page.evaluate(() =>
      [...document.querySelectorAll('*')].filter((element) => {
        const { transitionDuration, animationDuration, animationName } = getComputedStyle(element);
        const isLong = (list: string): boolean => list.split(',').some((value) => parseFloat(value) > 0.001);
        return isLong(transitionDuration) || (animationName !== 'none' && isLong(animationDuration));
      }).map(({ tagName, className }) => `${tagName} ${className}`),
    );
    expect(moving).toEqual([]);
  });

  test('without colours, what is pressed and what has the focus can still be told', async ({ studio }) => {
    const page = await studio.open();
    await page.emulateMedia({ forcedColors: 'active' });
    await studio.openProject(finishedSong);
    const mute = (name: string) => studio.lane(name).getByRole('button', { name: `Mute ${name}` });
    const look = (name: string) => mute(name).evaluate((element) => {
      const { backgroundColor, color, borderColor, borderWidth, borderStyle, outline } = getComputedStyle(element);
      return { backgroundColor, color, borderColor, borderWidth, borderStyle, outline };
    });
    await mute('Drums').click();
    await page.mouse.move(0, 0);
    await page.keyboard.press('Tab');
    await expect(mute('Drums')).toHaveAttribute('aria-pressed', 'true');
    expect(await look('Drums')).not.toEqual(await look('Vocals'));
    const ring = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement ?? document.body);
      return { outlineStyle, outlineWidth };
    });
    expect(ring).toEqual({ outlineStyle: 'solid', outlineWidth: '2px' });
  });

  test.describe('at 200 %', () => {
    // Half the points of 1280 x 800, twice as fine.
    test.use({ viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });

    test('everything can be reached, and nothing is cut off', async ({ studio }) => {
      const page = await studio.open();
      await page.getByRole('button', { name: /^Show queue and library/ }).first().click();
      await studio.openProject(finishedSong);
      await page.keyboard.press('Escape');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(640);
      for (const name of ['Play', 'Settings', 'All keys']) await expect(studio.button(name)).toBeInViewport({ ratio: 1 });
      expect(await clippedTexts(page)).toEqual([]);
      await studio.lane('Other').getByRole('button', { name: 'Mute Other' }).click();
      await page.keyboard.press('Control+e');
      const dialog = studio.dialog(/^Export/);
      await dialog.getByRole('button', { name: /^Export/ }).scrollIntoViewIfNeeded();
      await expect(dialog.getByRole('button', { name: /^Export/ })).toBeInViewport({ ratio: 1 });
    });
  });
});
