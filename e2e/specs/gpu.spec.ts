import { readFile } from 'node:fs/promises';
import { expectMix, LivePage } from '../pages/live.ts';
import { convolve, makeResponse, makeSong } from '../pages/songs.ts';
import { stemsOf } from '../pages/sound.ts';
import type { StudioPage } from '../pages/studio.ts';
import { expect, finishedSong, test } from '../pages/test.ts';

// The driver that computes on the processor; macOS has only real devices.
const driver = process.platform === 'darwin' ? /integrated|discrete/ : /llvmpipe/;

async function chooseDriver(studio: StudioPage): Promise<void> {
  const settings = studio.dialog('Settings');
  await studio.button('Settings').click();
  await settings.getByRole('radiogroup', { name: 'Backend' }).getByText('GPU', { exact: true }).click();
  await settings.getByRole('button', { name: /real one GPU$/ }).click();
  await studio.page.getByRole('option', { name: driver }).click();
  await expect(settings).toContainText('Compared with the CPU before its first song');
  await studio.page.keyboard.press('Escape');
  await expect(settings).toBeHidden();
}

test('a song is separated on the GPU that was chosen; it was tested first, and everything says so', async ({ studio }) => {
  const page = await studio.open();
  await chooseDriver(studio);
  await page.getByRole('radiogroup', { name: 'Mode' }).getByText('Time only', { exact: true }).click();
  await studio.drop(await makeSong(studio.file('On the GPU.wav'), { seconds: 2 }));
  await studio.button('Separate').click();
  await studio.finished();
  await expect(page.getByText(driver).first()).toHaveText(/^GPU: .*, fp32$/);
  const report: unknown = JSON.parse(await readFile(studio.file('data/projects/On the GPU/separation.json'), 'utf8'));
  expect(report).toMatchObject({ backend: 'gpu', device: expect.stringMatching(driver), warnings: [] });

  await page.reload();
  await studio.button('Settings').click();
  await expect(studio.dialog('Settings')).toContainText(/Tested: agrees with the CPU to \d+ dB/);
});

test.describe('with a finished song', () => {
  test.use({ home: 'library' });

  test('a live tail goes to the GPU by a key, says how it does there, and sounds the same', async ({ studio }) => {
    const page = await studio.open();
    await chooseDriver(studio);
    await studio.openProject(finishedSong);
    await studio.lane('Vocals').getByRole('button', { name: 'Solo Vocals' }).click();
    const live = new LivePage(studio);
    await live.show();
    await live.choose('Vocals');
    const response = await makeResponse(studio.file('Valley.wav'), { seconds: 1, every: 499 });
    await studio.drop(studio.file('Valley.wav'));
    await live.isPrepared('Valley');
    await live.engine.getByText('As it is', { exact: true }).click();
    await live.type('Dry', '-inf');
    await live.type('Wet', '0');
    // To where there is singing.
    for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowRight');
    const toggle = live.engine.getByRole('radiogroup', { name: 'FFT on' });
    await toggle.getByRole('radio', { name: 'CPU' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect(toggle.getByRole('radio', { name: 'GPU' })).toBeChecked();
    await expect(live.engine).toContainText(/computes \d+ partitions, .* s; its warm-up took .* ms and agrees with the CPU to \d+ dB/);

    const vocals = (await stemsOf(studio.shell.home)).get('vocals') ?? new Float32Array();
    await studio.button('Play').click();
    await studio.button('Loop').click();
    await expectMix(studio, new Map([['dry', vocals], ['wet', convolve(vocals, response)]]), { dry: 0, wet: 1 });
    await expect(live.engine.getByText(/^\d+ in time, \d+ late$/)).toHaveText(/[1-9]/);
    await toggle.getByRole('radio', { name: 'GPU' }).focus();
    await page.keyboard.press('ArrowLeft');
    await expect(live.engine).toContainText('The GPU can compute the long partitions.');
  });
});
