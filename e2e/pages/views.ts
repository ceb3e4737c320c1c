import { expect } from '@playwright/test';
import { BenchmarkPage } from './benchmark.ts';
import { LivePage } from './live.ts';
import { finishedSong } from './library.ts';
import { makeCorruptSong, makeSong } from './songs.ts';
import type { StudioPage } from './studio.ts';

/** A view of the studio, and the way to it from a studio that has been opened. */
export interface View {
  name: string;
  home: 'empty' | 'library';
  show: (studio: StudioPage) => Promise<void>;
}

const none = (): Promise<void> => Promise.resolve();
const song = (studio: StudioPage): Promise<void> => studio.openProject(finishedSong);

export const views: readonly View[] = [
  { name: 'welcome', home: 'empty', show: none },
  {
    name: 'waiting', home: 'empty',
    show: async (studio) => {
      await studio.drop(await makeSong(studio.file('Harbour lights.flac'), { seconds: 20 }));
      await expect(studio.button('Separate')).toBeVisible();
      await expect(studio.item('Harbour lights')).toContainText('disk');
    },
  },
  {
    name: 'failed', home: 'empty',
    show: async (studio) => {
      await studio.drop(await makeCorruptSong(studio.file('Lyrics.mp3')));
      await expect(studio.item('Lyrics')).toContainText('not an audio or video file');
      await studio.startQueue();
      await expect(studio.item('Lyrics').getByRole('button', { name: 'Retry Lyrics' })).toBeVisible();
      await studio.item('Lyrics').click();
    },
  },
  { name: 'song', home: 'library', show: song },
  {
    name: 'spectrum', home: 'library',
    show: async (studio) => {
      await song(studio);
      await studio.page.getByText('Spectrum', { exact: true }).first().click();
      await expect(studio.page.getByRole('img', { name: /^Spectrum of Vocals/ })).toBeVisible();
    },
  },
  {
    name: 'region', home: 'library',
    show: async (studio) => {
      await song(studio);
      await studio.sweep('Vocals', 0.3, 0.5);
      await studio.page.keyboard.press('r');
      await expect(studio.page.getByRole('region', { name: 'Redo region' })).toBeVisible();
    },
  },
  {
    name: 'export', home: 'library',
    show: async (studio) => {
      await song(studio);
      await studio.page.keyboard.press('Control+e');
      await expect(studio.dialog(/^Export/)).toBeVisible();
    },
  },
  { name: 'live-empty', home: 'library', show: async (studio) => {
    await song(studio);
    await new LivePage(studio).show();
  } },
  {
    name: 'live', home: 'library',
    show: async (studio) => {
      await song(studio);
      const live = new LivePage(studio);
      await live.show();
      await live.addReverb();
      await expect(live.responses.getByRole('row', { name: 'Concert hall' })).toContainText(/4\d\.\d\d/);
    },
  },
  {
    name: 'eq', home: 'library',
    show: async (studio) => {
      await song(studio);
      const live = new LivePage(studio);
      await live.show();
      await live.add('EQ');
      await expect(studio.page.getByRole('img', { name: 'Response of 4 bands' })).toBeVisible();
    },
  },
  { name: 'benchmark-empty', home: 'empty', show: (studio) => new BenchmarkPage(studio).show() },
  {
    name: 'benchmark', home: 'empty',
    show: async (studio) => {
      const benchmark = new BenchmarkPage(studio);
      await benchmark.show();
      await benchmark.run('FFT');
      await benchmark.ended();
      await expect(studio.page.getByRole('figure', { name: 'Chart: FFT, µs' }).locator('canvas')).toBeVisible();
    },
  },
  {
    name: 'models', home: 'library',
    show: async (studio) => {
      await studio.page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Models' }).click();
      await expect(studio.page.getByRole('heading', { name: 'Models' })).toBeVisible();
    },
  },
  {
    name: 'settings', home: 'library',
    show: async (studio) => {
      await studio.button('Settings').click();
      await expect(studio.dialog('Settings')).toBeVisible();
    },
  },
  {
    name: 'preset', home: 'library',
    show: async (studio) => {
      await studio.button('Save or remove a preset').click();
      await studio.page.getByRole('menuitem', { name: 'Save these choices…' }).click();
      await expect(studio.page.getByRole('dialog')).toBeVisible();
    },
  },
  {
    name: 'delete', home: 'library',
    show: async (studio) => {
      await studio.button(`What to do with ${finishedSong}`).click();
      await studio.page.getByRole('menuitem', { name: 'Delete…' }).click();
      await expect(studio.page.getByRole('alertdialog')).toBeVisible();
    },
  },
  {
    name: 'keys', home: 'library',
    show: async (studio) => {
      await studio.page.keyboard.press('?');
      await expect(studio.dialog('All keys')).toBeVisible();
    },
  },
];
