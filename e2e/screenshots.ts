// Pictures of every view, in both themes and two sizes: `npm run screenshots [-- FOLDER [VIEW…]]`, else into docs/screenshots.
import { chromium as playwright, type Browser, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeLibrary } from './pages/library.ts';
import { BrowserShell } from './pages/shell.ts';
import { makeSong } from './pages/songs.ts';
import { StudioPage } from './pages/studio.ts';
import { views, type View } from './pages/views.ts';
import { chromium } from '../scripts/setup/packages.mjs';
import { root } from '../scripts/setup/paths.mjs';

const target = resolve(process.argv[2] ?? join(root, 'docs', 'screenshots'));
const wanted = process.argv.slice(3);
const sizes = [{ width: 1280, height: 800 }, { width: 1920, height: 1080 }];
const themes = ['dark', 'light'] as const;

const running: View = {
  name: 'running', home: 'library',
  show: async (studio) => {
    await studio.drop(await makeSong(studio.file('Harbour lights.mp3'), { seconds: 150 }));
    await studio.button('Separate').click();
    await studio.item('Harbour lights').getByText(/^Segment (?:[89]|[1-4]\d) of/).waitFor({ timeout: 120_000 });
  },
};

/** In few colours: a sixth of the size, and no difference to the eye. */
function writePalette(picture: Buffer, path: string): void {
  const filter = 'split[a][b];[a]palettegen=max_colors=96:reserve_transparent=0[p];[b][p]paletteuse=dither=none';
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'png_pipe', '-i', '-', '-vf', filter, '-pred', 'mixed', '-compression_level', '9', path], { input: picture });
}

async function photograph(page: Page, name: string): Promise<void> {
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const size of sizes) {
      await page.setViewportSize(size);
      // Spectra and waveforms are drawn a little later.
      await page.waitForTimeout(1500);
      writePalette(await page.screenshot(), join(target, `${name}-${theme}-${size.width}.png`));
    }
  }
}

async function visit(browser: Browser, { name, show }: View, home: string): Promise<void> {
  const page = await browser.newPage({ viewport: sizes[0] ?? null });
  const studio = new StudioPage(await BrowserShell.create(home, page));
  try {
    await studio.open();
    await show(studio);
    await page.mouse.move(0, 0);
    await photograph(page, name);
    process.stdout.write(`${name}\n`);
  } finally {
    await studio.shell.stop();
    await page.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'stemwright-screenshots-'));
const executablePath = chromium();
const browser = await playwright.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ['--no-sandbox', '--disable-gpu'] });
try {
  await mkdir(target, { recursive: true });
  const library = join(folder, 'library');
  await mkdir(library);
  await makeLibrary(browser, library, 60);
  for (const [index, view] of [...views, running].filter(({ name }) => wanted.length === 0 || wanted.includes(name)).entries()) {
    const home = join(folder, String(index));
    if (view.home === 'library') await cp(library, home, { recursive: true });
    else await mkdir(home);
    await visit(browser, view, home);
  }
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
