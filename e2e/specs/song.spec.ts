import { readFile } from 'node:fs/promises';
import { decode, makeSong, probe } from '../pages/songs.ts';
import { fit, level, listen, stemsOf, type Stems } from '../pages/sound.ts';
import type { StudioPage } from '../pages/studio.ts';
import { expect, finishedSong, test } from '../pages/test.ts';

const lanes = ['Original', 'Vocals', 'Drums', 'Bass', 'Other'];
const unity = { vocals: 1, drums: 1, bass: 1, other: 1 };
const faded = { vocals: 1, drums: 0, bass: 10 ** (-6 / 20), other: 1 };

/** Listens until each stem is as loud as it should be; what is on its way to the loudspeaker may still be as it was before. */
async function expectHeard(studio: StudioPage, stems: Stems, gains: Readonly<Record<string, number>>): Promise<void> {
  await expect(async () => {
    const found = fit(await listen(studio.page, 1), stems, gains);
    for (const [name, gain] of Object.entries(gains)) expect(found.gains[name], name).toBeCloseTo(gain, 2);
    expect(found.rest, 'what no stem explains').toBeLessThan(0.01);
  }).toPass({ timeout: 30_000 });
}

test('a dropped song is separated, heard, mixed, exported, and found again', async ({ studio }) => {
  test.slow();
  const page = await studio.open();
  await studio.drop(await makeSong(studio.file('A real song.mp3'), { seconds: 40 }));

  await test.step('it is heard while it is separated', async () => {
    await studio.button('Separate').click();
    await expect(page.getByRole('progressbar').first()).toBeVisible();
    // However long it takes to look at what is heard, the song does not end.
    await studio.button('Loop').click();
    await studio.button('Play').click();
  });
  // Three, as separating takes every core: one of them may hold a gap.
  const early = [await listen(page, 0.5), await listen(page, 0.5), await listen(page, 0.5)];
  await expect(page.getByText(/^Finished in/)).toBeHidden();
  await studio.button('Pause').click();
  for (const { samples } of early) expect(level(samples)).toBeGreaterThan(0.01);
  await studio.finished();
  for (const name of lanes) await expect(studio.lane(name)).toBeVisible();
  const stems = await stemsOf(studio.shell.home);
  expect(Math.min(...early.map((heard) => fit(heard, stems, unity).rest))).toBeLessThan(0.01);

  await test.step('mute, fader and solo are heard', async () => {
    await studio.button('Return to start').click();
    await studio.button('Play').click();
    await expectHeard(studio, stems, unity);
    await studio.lane('Drums').getByRole('button', { name: 'Mute Drums' }).click();
    await expectHeard(studio, stems, { ...unity, drums: 0 });
    const fader = studio.lane('Bass').getByRole('slider', { name: 'Bass level' });
    await fader.press('PageDown');
    await fader.press('PageDown');
    await expect(fader).toHaveAttribute('aria-valuetext', 'minus 6 decibels');
    await expectHeard(studio, stems, faded);
    await studio.lane('Vocals').getByRole('button', { name: 'Solo Vocals' }).click();
    await expectHeard(studio, stems, { vocals: 1, drums: 0, bass: 0, other: 0 });
    await studio.lane('Vocals').getByRole('button', { name: 'Solo Vocals' }).click();
    await studio.button('Pause').click();
  });

  await test.step('the mix is exported as it is heard', async () => {
    await page.keyboard.press('Control+e');
    const dialog = studio.dialog(/^Export/);
    await dialog.getByText('Mix as heard').click();
    await dialog.getByText('FLAC', { exact: true }).click();
    await studio.exportTo(dialog, studio.file('exports'));
    const file = studio.file('exports/A real song/mix.flac');
    expect(await probe(file)).toMatchObject({ codec: 'flac', rate: 44_100, channels: 2 });
    const found = fit({ rate: 44_100, samples: await decode(file), position: 0 }, stems, faded);
    for (const [name, gain] of Object.entries(faded)) expect(found.gains[name], name).toBeCloseTo(gain, 3);
  });

  await test.step('after a restart it is in the library, mixed as it was', async () => {
    await studio.shell.stop();
    await studio.open();
    await studio.project('A real song').click();
    await studio.finished();
    await expect(studio.lane('Drums').getByRole('button', { name: 'Mute Drums' })).toHaveAttribute('aria-pressed', 'true');
    await expect(studio.lane('Bass').getByRole('slider', { name: 'Bass level' })).toHaveAttribute('aria-valuetext', 'minus 6 decibels');
    await studio.button('Play').click();
    await expectHeard(studio, stems, faded);
  });
});

test.describe('with a finished song', () => {
  test.use({ home: 'library' });

  test('a loop that is drawn on the ruler is heard again and again, without a gap', async ({ studio }) => {
    const page = await studio.open();
    await studio.openProject(finishedSong);
    const ruler = page.getByRole('img', { name: /^Time ruler/ });
    const box = await ruler.boundingBox();
    if (box === null) throw new Error('the ruler is not shown');
    const [left, right, y] = [box.x + box.width * 0.25, box.x + box.width * 0.35, box.y + box.height / 2];
    await page.mouse.move(left, y);
    await page.mouse.down();
    await page.mouse.move(right, y, { steps: 4 });
    await page.mouse.up();
    const edge = async (name: string): Promise<number> => Number(await page.getByRole('slider', { name }).getAttribute('aria-valuenow'));
    const [start, end] = [await edge('Loop start'), await edge('Loop end')];
    expect(start).toBeCloseTo(3, 1);
    expect(end).toBeCloseTo(4.2, 1);

    await page.mouse.click((left + right) / 2, y);
    await expect(studio.button('Loop')).toHaveAttribute('aria-pressed', 'true');
    await studio.button('Play').click();
    // A gap at the seam would be in each of them; one because the machine is busy is not.
    await expect(async () => {
      const { rate, samples } = await listen(page, 2 * (end - start));
      const length = 2 * (Math.round(end * rate) - Math.round(start * rate));
      const [once, again] = [samples.slice(0, samples.length - length), samples.slice(length)];
      expect(level(once)).toBeGreaterThan(0.01);
      expect(level(once.map((value, at) => value - (again[at] ?? 0))) / level(once)).toBeLessThan(0.01);
    }).toPass({ timeout: 60_000 });
  });

  test('zooming keeps what is under the pointer where it is', async ({ studio }) => {
    const page = await studio.open();
    await studio.openProject(finishedSong);
    const ruler = page.getByRole('img', { name: /^Time ruler/ });
    const whole = page.getByRole('img', { name: /^Whole song/ });
    const wide = await whole.getAttribute('aria-label');
    const spot = { x: 400, y: 8 };
    await ruler.click({ position: spot });
    const before = await studio.position();

    await studio.lane('Drums').getByRole('img', { name: /wave/i }).first().hover({ position: { x: 400, y: 20 } });
    await page.keyboard.down('Control');
    for (let turn = 0; turn < 5; turn++) await page.mouse.wheel(0, -120);
    await page.keyboard.up('Control');
    await expect(whole).not.toHaveAttribute('aria-label', wide ?? '');
    await ruler.click({ position: spot });
    expect(await studio.position()).toBeCloseTo(before, 1);
    await page.keyboard.press('Control+0');
    await expect(whole).toHaveAttribute('aria-label', wide ?? '');
  });

  test('several stems come as one zip', async ({ studio, electron }) => {
    test.skip(electron !== null, 'there they go to a folder');
    const page = await studio.open();
    await studio.openProject(finishedSong);
    await page.keyboard.press('Control+e');
    const dialog = studio.dialog(/^Export/);
    const downloading = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Export 4 stems' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('Night drive.zip');
    const bytes = await readFile(await download.path());
    for (const name of ['vocals', 'drums', 'bass', 'other']) expect(bytes.includes(`${name}.wav`), name).toBe(true);
  });
});
