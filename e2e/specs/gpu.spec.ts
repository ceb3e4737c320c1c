import { readFile } from 'node:fs/promises';
import { makeSong } from '../pages/songs.ts';
import { expect, test } from '../pages/test.ts';

// The driver that computes on the processor; macOS has only real devices.
const driver = process.platform === 'darwin' ? /integrated|discrete/ : /llvmpipe/;

test('a song is separated on the GPU that was chosen; it was tested first, and everything says so', async ({ studio }) => {
  const page = await studio.open();
  const settings = studio.dialog('Settings');
  await studio.button('Settings').click();
  await settings.getByRole('radiogroup', { name: 'Backend' }).getByText('GPU', { exact: true }).click();
  await settings.getByRole('button', { name: /real one GPU$/ }).click();
  await page.getByRole('option', { name: driver }).click();
  await expect(settings).toContainText('Compared with the CPU before its first song');
  await page.keyboard.press('Escape');
  await expect(settings).toBeHidden();

  await page.getByRole('radiogroup', { name: 'Mode' }).getByText('Time only', { exact: true }).click();
  await studio.drop(await makeSong(studio.file('On the GPU.wav'), { seconds: 2 }));
  await studio.button('Separate').click();
  await studio.finished();
  await expect(page.getByText(driver).first()).toHaveText(/^GPU: .*, fp32$/);
  const report: unknown = JSON.parse(await readFile(studio.file('data/projects/On the GPU/separation.json'), 'utf8'));
  expect(report).toMatchObject({ backend: 'gpu', device: expect.stringMatching(driver), warnings: [] });

  await page.reload();
  await studio.button('Settings').click();
  await expect(settings).toContainText(/Tested: agrees with the CPU to \d+ dB/);
});
