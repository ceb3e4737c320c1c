// How fast the studio's page is: the empty studio, then 6 stems of 10 minutes. `npm run bench:page`.
import { chromium as playwright, type Browser, type Page } from '@playwright/test';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNative } from '../electron/engine/load.ts';
import { chromium } from '../scripts/setup/packages.mjs';
import { measureMeters } from './meters.ts';
import { BenchmarkPage } from './pages/benchmark.ts';
import { finishedSong, makeLibrary } from './pages/library.ts';
import { BrowserShell } from './pages/shell.ts';
import { StudioPage } from './pages/studio.ts';

const songSeconds = 12;
const repeats = 50;
const runs = 5;

function say(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(56)} ${figure}\n`);
}

const quantile = (values: readonly number[], share: number): number => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
const ms = (value: number): string => `${value.toFixed(0)} ms`;

async function repeatFile(path: string): Promise<void> {
  const once = await readFile(path);
  const file = await open(path, 'w');
  for (let turn = 0; turn < repeats; turn++) await file.write(once);
  await file.close();
}

/** Makes the one song of this home fifty times as long, and of six stems. */
async function lengthen(home: string): Promise<void> {
  const projects = join(home, 'data', 'projects');
  const folder = join(projects, (await readdir(projects)).find((name) => !name.startsWith('.')) ?? '');
  const stems = join(folder, 'stems');
  for (const name of ['guitar', 'piano']) await copyFile(join(stems, 'other.f32'), join(stems, `${name}.f32`));
  const tracks = [join(folder, 'original.f32'), join(folder, 'residual.f32'), ...(await readdir(stems)).filter((name) => name.endsWith('.f32')).map((name) => join(stems, name))];
  const native = loadNative();
  for (const track of tracks) {
    await repeatFile(track);
    await native.writePeaks({ track, channels: 2 });
  }
  const project = JSON.parse(await readFile(join(folder, 'project.json'), 'utf8')) as { frames: number; stems: string[] };
  const longer = { ...project, frames: project.frames * repeats, stems: [...project.stems, 'guitar', 'piano'] };
  await writeFile(join(folder, 'project.json'), JSON.stringify(longer));
  const report = JSON.parse(await readFile(join(folder, 'separation.json'), 'utf8')) as { stems: { name: string; path: string }[] };
  const [pattern] = report.stems;
  const added = pattern === undefined ? [] : ['guitar', 'piano'].map((name) => ({ ...pattern, name, path: join(stems, `${name}.f32`) }));
  await writeFile(join(folder, 'separation.json'), JSON.stringify({ ...report, stems: [...report.stems, ...added] }));
}

async function withStudio(browser: Browser, home: string, use: (studio: StudioPage, page: Page) => Promise<void>): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  // tsx names functions with a helper that the page does not have.
  await page.addInitScript('globalThis.__name = (named) => named;');
  const studio = new StudioPage(await BrowserShell.create(home, page));
  try {
    await use(studio, await studio.open());
  } finally {
    await studio.shell.stop();
    await page.close();
  }
}

/** From the beginning of the navigation. */
async function measurePaint(browser: Browser, home: string): Promise<void> {
  const paints: number[] = [];
  const ready: number[] = [];
  for (let run = 0; run < runs; run++) {
    await withStudio(browser, home, async (_, page) => {
      ready.push(await page.evaluate(() => performance.now()));
      paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN));
    });
  }
  say(`empty studio: first contentful paint, median of ${runs}`, ms(quantile(paints, 0.5)));
  say(`empty studio: has heard from its services, median of ${runs}`, ms(quantile(ready, 0.5)));
}

/** From the press until the last lane has been drawn. */
async function measureOpening(studio: StudioPage, page: Page): Promise<void> {
  const row = await studio.project(finishedSong).elementHandle();
  const opening = page.evaluate(async (element) => {
    if (!(element instanceof HTMLElement)) throw new Error('the song is not in the library');
    const canvases = (node: ParentNode): HTMLCanvasElement[] => [...node.querySelectorAll('*')].flatMap((each) => [...(each instanceof HTMLCanvasElement ? [each] : []), ...(each.shadowRoot === null ? [] : canvases(each.shadowRoot))]);
    const isDrawn = (canvas: HTMLCanvasElement): boolean => canvas.width > 0 && (canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0) ?? false);
    const lanes = (): Element[] => [...document.querySelectorAll('section[aria-label$=" lane"]')];
    await new Promise((resolve) => { element.addEventListener('click', resolve, { once: true }); });
    const pressed = performance.now();
    for (;;) {
      await new Promise(requestAnimationFrame);
      const waves = lanes().filter((lane) => canvases(lane).some((canvas) => canvas.width > 100 && isDrawn(canvas)));
      if (waves.length >= 6) return performance.now() - pressed;
    }
  }, row);
  await studio.project(finishedSong).click();
  say('6 stems x 10 min: from the press to six lanes drawn', ms(await opening));
}

/** Of the frames while `act` goes on. */
async function measureFrames(what: string, page: Page, act: () => Promise<void>): Promise<void> {
  await page.evaluate(() => {
    const times: number[] = [];
    const tasks: number[] = [];
    Object.assign(window, { frameTimes: times, longTasks: tasks });
    new PerformanceObserver((list) => { tasks.push(...list.getEntries().map(({ duration }) => duration)); }).observe({ type: 'longtask' });
    const note = (now: number): void => {
      times.push(now);
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
  await act();
  const { times, tasks } = await page.evaluate(() => ({ times: (window as unknown as { frameTimes: number[] }).frameTimes, tasks: (window as unknown as { longTasks: number[] }).longTasks }));
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const rate = (1000 * gaps.length) / gaps.reduce((sum, gap) => sum + gap, 0);
  say(what, `${rate.toFixed(1)} frames a second, 99 % within ${ms(quantile(gaps, 0.99))}, longest task ${tasks.length === 0 ? 'below 50 ms' : ms(Math.max(...tasks))}`);
}

async function turnWheel(page: Page, seconds: number, deltaX: number, deltaY: number): Promise<void> {
  const until = Date.now() + seconds * 1000;
  for (let turn = 0; Date.now() < until; turn++) {
    const sign = Math.floor(turn / 40) % 2 === 0 ? 1 : -1;
    await page.mouse.wheel(sign * deltaX, sign * deltaY);
    await page.waitForTimeout(16);
  }
}

const folder = await mkdtemp(join(tmpdir(), 'stemwright-speed-'));
const executablePath = chromium();
const browser = await playwright.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'] });
try {
  const [empty, library] = [join(folder, 'empty'), join(folder, 'library')];
  await Promise.all([empty, library].map((path) => mkdir(path)));
  await measurePaint(browser, empty);
  await makeLibrary(browser, library, songSeconds);
  await lengthen(library);
  await withStudio(browser, library, async (studio, page) => {
    await measureOpening(studio, page);
    for (let step = 0; step < 8; step++) await studio.button('Zoom in').click();
    await studio.button('Play').click();
    await measureFrames('playing', page, () => page.waitForTimeout(8000));
  });
  await withStudio(browser, library, async (studio, page) => {
    await studio.openProject(finishedSong);
    for (let step = 0; step < 8; step++) await studio.button('Zoom in').click();
    await studio.button('Play').click();
    await page.mouse.move(1000, 500);
    await measureFrames('playing and scrolling', page, () => turnWheel(page, 8, 60, 0));
  });
  await withStudio(browser, library, async (studio, page) => {
    await studio.openProject(finishedSong);
    await page.mouse.move(1000, 500);
    await page.keyboard.down('Control');
    await measureFrames('zooming', page, () => turnWheel(page, 8, 0, -60));
  });
  if (process.platform === 'linux') {
    await withStudio(browser, library, async (studio, page) => {
      await studio.openProject(finishedSong);
      await studio.button('Play').click();
      await new BenchmarkPage(studio).show();
      const { meters, side, rest } = await measureMeters(page);
      const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
      say('meters, while a song plays', `${percent(meters)} of a core; with the advisor around them ${percent(side)}, all else ${percent(rest)}`);
    });
  }
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
