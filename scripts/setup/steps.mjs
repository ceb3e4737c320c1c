import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { say, SetupFault } from './fault.mjs';
import { provide } from './install.mjs';
import { requirementsFor } from './packages.mjs';
import { addonFile, cliFile, desktopFile, preloadFile, rendererFile, root } from './paths.mjs';
import { runLogged } from './process.mjs';
import { filesUnder, fingerprint, isStamped, stamp } from './stamps.mjs';

/** @typedef {import('./packages.mjs').Purpose} Purpose */
/** @typedef {{ isDone: () => boolean, run: () => Promise<void> }} Step */
/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} LockEntry */

/**
 * Entries of package-lock.json that node_modules does not hold as locked. npm keeps its own record of what it installed.
 * Optional entries do not count: most are other platforms' binaries.
 * @param {Record<string, LockEntry>} locked
 * @param {Record<string, LockEntry>} installed
 */
export function outdatedModules(locked, installed) {
  return Object.entries(locked)
    .filter(([path, entry]) => path !== '' && entry.optional !== true && entry.link !== true)
    .filter(([path, entry]) => {
      const have = installed[path];
      return have?.version !== entry.version || have?.integrity !== entry.integrity;
    })
    .map(([path]) => path);
}

/** @param {string} file @returns {Record<string, LockEntry>} */
function lockEntries(file) {
  /** @type {unknown} */
  const lock = JSON.parse(readFileSync(join(root, file), 'utf8'));
  return /** @type {{ packages: Record<string, LockEntry> }} */ (lock).packages;
}

/** @param {Purpose[]} purposes @returns {Step} */
function systemStep(purposes) {
  const list = requirementsFor(purposes);
  const name = `system-${purposes.join('-')}`;
  // A tool that is gone changes the list of files, one that was replaced changes its date.
  const print = () => fingerprint(list.flatMap((requirement) => requirement.files()));
  return {
    isDone: () => isStamped(name, print()),
    run: async () => {
      await provide(list);
      stamp(name, print());
    },
  };
}

/** @returns {Step} */
function modulesStep() {
  const record = 'node_modules/.package-lock.json';
  return {
    isDone: () =>
      existsSync(join(root, record)) && outdatedModules(lockEntries('package-lock.json'), lockEntries(record)).length === 0,
    run: async () => {
      say('installing npm packages');
      const npm = process.env['npm_execpath'];
      const args = ['ci', '--include=dev', '--no-progress'];
      const { code, lastError } =
        npm === undefined ? await runLogged('npm', args) : await runLogged(process.execPath, [npm, ...args]);
      if (code !== 0) throw new SetupFault(`\`npm ci\` failed${lastError}`);
    },
  };
}

/** Ninja's "[12/80] Building …" as progress: one line that is rewritten on a terminal, else a line now and then. */
function buildProgress() {
  let told = 0;
  return (/** @type {string} */ line) => {
    const match = /^\[(\d+)\/(\d+)\] (?:Building|Linking)/.exec(line);
    if (match === null) return;
    const text = `compiling the engine ${match[1]}/${match[2]}`;
    const last = match[1] === match[2];
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\u001b[Kstemwright: ${text}${last ? '\n' : ''}`);
    } else if (last || Date.now() - told > 10_000) {
      told = Date.now();
      say(text);
    }
  };
}

/** Whether the build folder was configured with tests, which a plain run leaves as it is. */
function configuredWithTests() {
  const cache = join(root, 'build', 'release', 'CMakeCache.txt');
  return existsSync(cache) && /^STEMWRIGHT_TESTS:BOOL=ON$/m.test(readFileSync(cache, 'utf8'));
}

/**
 * The engine. Whoever only runs it needs no tests, and so no test library.
 * @param {boolean} withTests
 * @returns {Step}
 */
function nativeStep(withTests) {
  const tests = join(root, 'native', 'tests');
  const name = withTests ? 'native-test' : 'native-run';
  const print = () =>
    fingerprint([
      ...filesUnder(join(root, 'native'), (path) => (withTests ? basename(path) !== 'fixtures' : path !== tests)),
      ...filesUnder(join(root, 'shaders')),
      ...filesUnder(join(root, 'scripts', 'shaders')),
      join(root, 'CMakeLists.txt'),
      join(root, 'CMakePresets.json'),
      join(root, 'node_modules', 'node-addon-api', 'package.json'),
      join(root, 'node_modules', 'node-api-headers', 'package.json'),
    ]);
  return {
    isDone: () => existsSync(addonFile) && isStamped(name, print()),
    run: async () => {
      const before = print();
      const tested = withTests || configuredWithTests() ? 'ON' : 'OFF';
      const configured = await runLogged('cmake', ['--preset', 'release', `-DSTEMWRIGHT_TESTS=${tested}`]);
      if (configured.code !== 0) throw new SetupFault(`cmake could not configure the engine${configured.lastError}`);
      const target = withTests ? 'all' : relative(join(root, 'build', 'release'), addonFile);
      const built = await runLogged('cmake', ['--build', '--preset', 'release', '--target', target], {}, buildProgress());
      if (built.code !== 0) throw new SetupFault(`the engine did not compile${built.lastError}`);
      stamp(name, before);
    },
  };
}

/**
 * The command line and the desktop shell, one file each: they start in a third of the time that transpiling on the fly takes.
 * @returns {Step}
 */
function bundlesStep() {
  const sources = () =>
    fingerprint([
      ...filesUnder(join(root, 'electron'), (path) => !path.endsWith('.test.ts')),
      join(root, 'scripts', 'bundle.mjs'),
      join(root, 'node_modules', '.package-lock.json'),
    ]);
  return {
    isDone: () => [cliFile, desktopFile, preloadFile].every((file) => existsSync(file)) && isStamped('bundles', sources()),
    run: async () => {
      const before = sources();
      mkdirSync(join(root, 'build'), { recursive: true });
      const { code, lastError } = await runLogged(process.execPath, [join(root, 'scripts', 'bundle.mjs')]);
      if (code !== 0) throw new SetupFault(`the program could not be bundled${lastError}`);
      stamp('bundles', before);
    },
  };
}

/**
 * The page that both shells show.
 * @returns {Step}
 */
function rendererStep() {
  const sources = () =>
    fingerprint([
      ...filesUnder(join(root, 'renderer'), (path) => !/\.test\.tsx?$/.test(path)),
      ...filesUnder(join(root, 'electron', 'contract'), (path) => !path.endsWith('.test.ts')),
      join(root, 'vite.config.ts'),
      join(root, 'node_modules', '.package-lock.json'),
    ]);
  return {
    isDone: () => existsSync(rendererFile) && isStamped('renderer', sources()),
    run: async () => {
      const before = sources();
      const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
      const { code, lastError } = await runLogged(process.execPath, [vite, 'build', '--logLevel', 'error']);
      if (code !== 0) throw new SetupFault(`the studio's page could not be bundled${lastError}`);
      stamp('renderer', before);
    },
  };
}

/** @param {Purpose[]} purposes @returns {Step[]} */
export function stepsFor(purposes) {
  const steps = [systemStep(purposes), modulesStep()];
  const withTests = purposes.includes('test');
  if (withTests || purposes.includes('run')) steps.push(nativeStep(withTests), bundlesStep(), rendererStep());
  return steps;
}
