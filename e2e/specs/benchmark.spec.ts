import type { Download } from '@playwright/test';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchmarkPage } from '../pages/benchmark.ts';
import { MadeMachine } from '../pages/made-machine.ts';
import { makeSong } from '../pages/songs.ts';
import type { StudioPage } from '../pages/studio.ts';
import { expect, test } from '../pages/test.ts';

async function exported(studio: StudioPage, choice: string): Promise<{ name: string; bytes: Buffer }> {
  const coming: Promise<Download> = studio.page.waitForEvent('download');
  await studio.button('Export results').click();
  await studio.page.getByRole('menuitem', { name: choice }).click();
  const download = await coming;
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

test('a group is measured, another is stopped, and a later run is compared with a saved one', async ({ studio }) => {
  const page = await studio.open();
  const benchmark = new BenchmarkPage(studio);
  await benchmark.show();
  await expect(page.getByText('Nothing has been measured on this machine')).toBeVisible();

  await test.step('by hand', async () => {
    await benchmark.run('Checks');
    await benchmark.ended();
    await expect(benchmark.row('noise floor')).toContainText('%');
    await expect(page.getByRole('complementary', { name: 'Advisor' })).toContainText(/64 transforms of 1024 in a batch take \d\.\d+ of the time/);
    await benchmark.run('FFT');
    await benchmark.ended();
    await expect(benchmark.row('FFT 4096')).toContainText('45');
    await expect(benchmark.row('FFT 4096').getByRole('gridcell').last()).toHaveText('0');
  });

  await test.step('Escape stops, and what was measured stays', async () => {
    await benchmark.run('Convolution');
    await expect(page.getByRole('progressbar', { name: 'Measuring Convolution' })).toBeVisible();
    await expect(benchmark.row('convolution direct, block 128, 64 taps')).toBeVisible();
    await page.keyboard.press('Escape');
    await benchmark.ended();
    await expect(page.getByText(/^Stopped, \d+ of \d+ done/)).toBeVisible();
    await expect(benchmark.row('convolution direct, block 128, 64 taps')).toBeVisible();
    await expect(benchmark.row('FFT 4096')).toBeVisible();
  });

  await test.step('saved, and held against what is measured next', async () => {
    await page.keyboard.press('Control+s');
    const dialog = studio.dialog('Save this run');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Before');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await benchmark.compareWith(/^Before/);
    await expect(benchmark.table.getByRole('columnheader', { name: 'Before' })).toBeVisible();
    await expect(benchmark.row('FFT 4096')).toContainText('same');
    await benchmark.run('FFT');
    await benchmark.ended();
    await expect(benchmark.row('FFT 4096').getByRole('gridcell').nth(4)).toHaveText(/^(?:same|[+−]\d+ (?:%|x))$/);
  });

  await test.step('shown as bars, which say what they show', async () => {
    await benchmark.row('FFT 512').click();
    const chart = page.getByRole('img', { name: /^512: now [\d.]+, Before [\d.]+, M4 Max, guide 8 µs; 1024: / });
    await expect(chart).toBeVisible();
    await expect(chart.locator('canvas')).toBeVisible();
    await expect(page.getByText(/Another machine’s figures/)).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await expect(page.getByRole('figure', { name: 'Chart: FFT inverse, µs' })).toBeVisible();
  });

  await test.step('exported', async () => {
    const json = await exported(studio, 'As JSON');
    expect(JSON.parse(json.bytes.toString())).toMatchObject({ machine: { threads: expect.any(Number) as unknown }, entries: expect.arrayContaining([expect.objectContaining({ name: 'FFT 4096', unit: 'µs', allocations: 0 })]) as unknown[] });
    const csv = await exported(studio, 'As CSV');
    expect(csv.bytes.toString()).toMatch(/^group,test,unit,median,low,high,noise,allocations,Before,M4 Max \(guide\)\r\nFFT,FFT 512,µs,/);
    const png = await exported(studio, 'Chart as PNG');
    expect(png.name).toBe('stemwright-benchmarks.png');
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG');
  });

  await test.step('there again after a restart; removed, with a way back', async () => {
    await studio.shell.stop();
    await studio.open();
    await benchmark.show();
    await expect(benchmark.row('FFT 4096')).toBeVisible();
    await benchmark.compareWith(/^Before/);
    const remove = async (): Promise<void> => {
      await studio.button('What to do with Before').click();
      await page.getByRole('menuitem', { name: 'Remove' }).click();
      await expect(page.getByText('Saved runs of this machine can be chosen here.')).toBeVisible();
    };
    await remove();
    await studio.button('Undo').click();
    await benchmark.compareWith(/^Before/);
    await remove();
  });
});

test('a song and benchmarks do not run together', async ({ studio }) => {
  const page = await studio.open();
  const benchmark = new BenchmarkPage(studio);
  await studio.drop(await makeSong(studio.file('Short.wav'), { seconds: 6 }), await makeSong(studio.file('Long.wav'), { seconds: 60 }));
  await expect(studio.item('Long')).toBeVisible();
  await benchmark.show();
  await benchmark.run('Convolution');
  await page.keyboard.press('Control+1');
  await studio.startQueue();
  await page.keyboard.press('Control+3');
  await expect(page.getByText('A song waits until this is over.')).toBeVisible();
  await studio.button('Stop').click();
  await page.keyboard.press('Control+1');
  await expect(studio.project('Short')).toBeVisible({ timeout: 60_000 });
  await expect(studio.item('Long').getByRole('progressbar')).toBeVisible();
  await benchmark.show();
  await studio.button('Run FFT').click();
  await expect(page.getByText('A song is being separated.')).toBeVisible();
  await expect(studio.button('Stop')).toBeDisabled();
});

test('the meters show what machine and sound engine do', async ({ studio }) => {
  const page = await studio.open();
  await new BenchmarkPage(studio).show();
  const meters = page.getByRole('region', { name: 'Now' });
  await expect(meters).toContainText(/Memory\d+ MB/);
  await expect(meters).toContainText(/Processor[\d.]+ %/);
  await expect(meters).toContainText(/Thermal state(?:nominal|fair|serious|critical)/);
  await expect(meters).toContainText('GPU timenone');
  await expect(meters).toContainText('BackendCPU: no GPU');
});

test('a machine that gets hot or short of memory leaves the GPU, and the meters show it', async ({ studio }) => {
  test.skip(process.platform !== 'linux', 'the engine takes a folder for the machine on Linux only');
  const machine = await MadeMachine.create(studio.file('machine'));
  const made = { STEMWRIGHT_MACHINE: machine.folder, STEMWRIGHT_GPU: 'llvmpipe' };
  Object.assign(process.env, made);
  try {
    const page = await studio.open();
    await new BenchmarkPage(studio).show();
    const meters = page.getByRole('region', { name: 'Now' });
    await expect(meters).toContainText('BackendCPU and GPU');
    await expect(page.getByRole('complementary', { name: 'Advisor' })).toContainText(/Work for the GPU/);
    await machine.setHeat(95);
    await expect(meters).toContainText('Thermal stateserious');
    await expect(meters).toContainText('BackendCPU: the machine is hot');
    await machine.setMemory(1e5);
    await expect(meters).toContainText('Memory pressurecritical');
    await machine.setMemory(8e6);
    await machine.setHeat(40);
    await expect(meters).toContainText('Memory pressurenone');
    await expect(meters).toContainText('Thermal statenominal');
    // It comes back only after a quiet while.
    await expect(meters).toContainText('BackendCPU: the machine is hot');
  } finally {
    for (const name of Object.keys(made)) Reflect.deleteProperty(process.env, name);
  }
});

test('group norm and mode are chosen for a separation, and kept with it', async ({ studio }) => {
  const page = await studio.open();
  const settings = page.getByRole('complementary', { name: 'Separation settings' });
  await settings.getByRole('radiogroup', { name: 'Mode' }).getByText('Time only').click();
  await settings.getByRole('radiogroup', { name: 'Group norm' }).getByText('Kahan').click();
  await expect(settings.getByRole('radio', { name: 'Kahan' })).toBeChecked();
  await studio.drop(await makeSong(studio.file('Toggled.wav'), { seconds: 6 }));
  await studio.button('Separate').click();
  await studio.finished();
  const projects = join(studio.shell.home, 'data', 'projects');
  const [folder = ''] = (await readdir(projects, { recursive: true })).filter((path) => path.endsWith('separation.json'));
  expect(JSON.parse(await readFile(join(projects, folder), 'utf8'))).toMatchObject({ mode: 'time-only', groupNorm: 'kahan' });
});
