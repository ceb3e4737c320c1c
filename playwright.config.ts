import { defineConfig } from '@playwright/test';
import { chromium } from './scripts/setup/packages.mjs';

const executablePath = chromium();
if (executablePath === undefined) throw new Error('Chromium was not found: `npm run test:e2e` says how to install it');

export default defineConfig({
  testDir: 'e2e/specs',
  outputDir: 'build/e2e',
  snapshotPathTemplate: 'e2e/snapshots/{arg}{ext}',
  // Each spec has its own studio, and separating takes every core.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: process.env['CI'] !== undefined,
  reporter: 'list',
  use: {
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--autoplay-policy=no-user-gesture-required'],
    },
  },
});
