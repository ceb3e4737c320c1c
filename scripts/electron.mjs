// Electron's binary: where it lies, how it is fetched, how it is run. Nothing here requires the package `electron`, which
// would begin a download there and then.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './setup/fault.mjs';
import { root } from './setup/paths.mjs';

const electronPackage = join(root, 'node_modules', 'electron');
/** Electron itself and every process of it has ended by then, or is ended. */
const patienceMs = 10_000;

/** @type {Partial<Record<NodeJS.Platform, string>>} */
const binaries = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
const binaryName = binaries[process.platform] ?? 'electron';

/**
 * The binary that is here already: the one of ELECTRON_OVERRIDE_DIST_PATH, or the downloaded one of the locked version.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | null}
 */
export function findElectron(env = process.env, folder = electronPackage) {
  const override = env['ELECTRON_OVERRIDE_DIST_PATH'] ?? '';
  if (override !== '') return existing(join(override, binaryName));
  try {
    /** @type {unknown} */
    const description = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const { version } = /** @type {{ version: string }} */ (description);
    const downloaded = readFileSync(join(folder, 'dist', 'version'), 'utf8').trim().replace(/^v/, '');
    return downloaded === version ? existing(join(folder, 'dist', binaryName)) : null;
  } catch {
    return null;
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>} 127 when it could not be started
 */
function exitCode(child) {
  return new Promise((resolve) => {
    child.once('error', () => { resolve(127); });
    child.once('exit', (code) => { resolve(code ?? 1); });
  });
}

/** @param {string} path */
const existing = (path) => (existsSync(path) ? path : null);

/**
 * Runs Electron's own installer, which checks what it downloads.
 * @param {{ limitMs?: number, installer?: string, write?: (text: string) => void, isTerminal?: boolean }} [options]
 * @returns {Promise<boolean>} whether it succeeded in time
 */
export async function downloadElectron({ limitMs = 120_000, installer = join(electronPackage, 'install.js'), write = (text) => process.stderr.write(text), isTerminal = process.stderr.isTTY } = {}) {
  const child = spawn(process.execPath, [installer], { stdio: 'ignore', env: { ...process.env, ELECTRON_GET_NO_PROGRESS: '1' } });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const limit = setTimeout(end, limitMs);
  const began = Date.now();
  let isTold = false;
  const tell = setInterval(() => {
    const line = `stemwright: downloading Electron, ${Math.round((Date.now() - began) / 1000)} s of at most ${Math.round(limitMs / 1000)}`;
    if (isTerminal) write(`\r\u001b[K${line}`);
    else if (!isTold) write(`${line}\n`);
    isTold = true;
  }, 1000);
  try {
    return (await exitCode(child)) === 0;
  } finally {
    clearTimeout(limit);
    clearInterval(tell);
    process.removeListener('exit', end);
    if (isTerminal) write('\r\u001b[K');
  }
}

/**
 * The binary, downloaded where it is not here; null where that fails, which is said.
 * @returns {Promise<string | null>}
 */
export async function provideElectron() {
  const found = findElectron();
  if (found !== null || (process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? '') !== '') return found;
  if (!(await downloadElectron())) say('Electron cannot be downloaded; the studio opens in a browser window instead');
  return findElectron();
}

/**
 * Runs the studio in it until its window is closed, or a signal comes. Then nothing of it is left.
 * @param {string} binary
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function runElectron(binary, args) {
  // Root has no sandbox to give.
  const flags = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const env = { ...process.env };
  // Set by editors that are Electron programs themselves, for the commands run in them.
  delete env['ELECTRON_RUN_AS_NODE'];
  const isGroup = process.platform !== 'win32';
  const child = spawn(binary, [...flags, root, ...args], { stdio: ['ignore', 'inherit', 'inherit'], env, detached: isGroup });
  const kill = () => {
    try {
      process.kill(isGroup ? -(child.pid ?? 0) : (child.pid ?? 0), 'SIGKILL');
    } catch {
      // Gone already.
    }
  };
  process.once('exit', kill);
  /** @type {NodeJS.Timeout | undefined} */
  let last;
  const stop = () => {
    child.kill('SIGTERM');
    last ??= setTimeout(kill, patienceMs);
  };
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, stop);
  try {
    const code = await exitCode(child);
    return last === undefined ? code : 0;
  } finally {
    clearTimeout(last);
    for (const signal of signals) process.removeListener(signal, stop);
    if (child.pid !== undefined) kill();
    process.removeListener('exit', kill);
  }
}
