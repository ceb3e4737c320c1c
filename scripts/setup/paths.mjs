import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const logFile = join(root, 'build', 'setup.log');
export const lockFile = join(root, 'build', 'setup.lock');
export const stampFolder = join(root, 'build', 'stamps');
export const addonFile = join(root, 'build', 'release', 'native', 'addon', 'stemwright.node');
export const cliFile = join(root, 'build', 'cli', 'stemwright.mjs');
export const desktopFile = join(root, 'build', 'desktop', 'main.mjs');
export const preloadFile = join(root, 'build', 'desktop', 'preload.cjs');
export const rendererFile = join(root, 'build', 'renderer', 'index.html');
