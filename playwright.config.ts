import { defineConfig, type Project } from '@playwright/test';
import type { Options } from './e2e/pages/options.ts';
import { findElectron } from './scripts/electron.mjs';
import { chromium } from './scripts/setup/packages.mjs';

const executablePath = chromium();
if (executablePath === undefined) throw new Error('Chromium was not found: `npm run test:e2e` says how to install it');

const electron = findElectron();
const projects: Project<Options>[] = [{ name: 'browser' }];
if (electron !== null) projects.push({ name: 'desktop', use: { electron } });
// Workers load this file too.
else if (process.env['TEST_WORKER_INDEX'] === undefined) process.stderr.write('desktop: not run, as Electron is not here. The same specs ran in the browser only.\n');

export default defineConfig<Options>({
  testDir: 'e2e/specs',
  outputDir: 'build/e2e',
  snapshotPathTemplate: 'e2e/snapshots/{arg}{ext}',
  // Each spec has its own studio, and separating takes every core.
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  forbidOnly: process.env['CI'] !== undefined,
  reporter: 'list',
  projects,
  use: {
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath,
      // The last stands for a site's own name server, which may lie.
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--autoplay-policy=no-user-gesture-required', '--host-resolver-rules=MAP rebound.example 127.0.0.1'],
    },
  },
});
