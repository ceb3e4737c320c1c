// Packs the desktop program: `npm run package -- --dir` into a folder, `npm run package -- TARGET…` into what
// electron-builder knows by that name (deb, AppImage, dmg, zip, nsis). Built for the machine that it runs on.
import { build, Platform } from 'electron-builder';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findElectron } from './electron.mjs';
import { say, SetupFault } from './setup/fault.mjs';
import { addonFile, desktopFile, preloadFile, rendererFile, root } from './setup/paths.mjs';

/** Where the user's own ffmpeg is used: a plain folder, and Debian's package, which depends on Debian's ffmpeg. */
const withoutFfmpeg = new Set(['dir', 'deb']);
const suffix = process.platform === 'win32' ? '.exe' : '';
const platforms = { darwin: Platform.MAC, linux: Platform.LINUX, win32: Platform.WINDOWS };

/**
 * What ffmpeg says of itself must allow shipping it: nothing of the GPL, and soxr.
 * @param {string} text of `ffmpeg -version`
 * @returns {string | null} what speaks against it
 */
export function ffmpegFault(text) {
  const forbidden = ['--enable-gpl', '--enable-nonfree'].filter((flag) => text.includes(flag));
  if (forbidden.length > 0) return `was built with ${forbidden.join(' and ')}, and may not be shipped`;
  return text.includes('--enable-libsoxr') ? null : 'was built without soxr';
}

/** @returns {{ from: string, to: string }} */
function shippedFfmpeg() {
  const folder = join(root, 'build', 'ffmpeg');
  for (const name of ['ffmpeg', 'ffprobe']) {
    const path = join(folder, name + suffix);
    if (!existsSync(path)) throw new SetupFault(`${path} is missing: put an LGPL build of ffmpeg with soxr there, which is shipped with the program`);
    const fault = ffmpegFault(execFileSync(path, ['-version'], { encoding: 'utf8' }));
    if (fault !== null) throw new SetupFault(`${path} ${fault}`);
  }
  if (!readdirSync(folder).some((name) => /^(?:copying|licen[cs]e)/i.test(name))) throw new SetupFault(`${folder} holds no licence: put that of ffmpeg there`);
  return { from: folder, to: 'ffmpeg' };
}

/** The folder of a local Electron, where there is one; else electron-builder downloads it. */
function localElectron() {
  const binary = findElectron();
  if (binary === null) return {};
  return {
    electronDist: process.platform === 'darwin' ? resolve(dirname(binary), '../../..') : dirname(binary),
    // Of a downloaded Electron electron-builder removes it, of a local one it does not.
    afterExtract: (/** @type {{ appOutDir: string }} */ { appOutDir }) => rm(join(appOutDir, 'resources', 'default_app.asar'), { force: true }),
  };
}

/** @returns {string} */
function electronVersion() {
  /** @type {unknown} */
  const description = JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8'));
  return /** @type {{ version: string }} */ (description).version;
}

/** @param {string[]} args */
async function pack(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { dir: { type: 'boolean' }, out: { type: 'string' } } });
  const targets = values.dir === true ? ['dir'] : positionals;
  const platform = platforms[/** @type {keyof typeof platforms} */ (process.platform)];
  if (targets.length === 0) throw new SetupFault('say what to pack: --dir, or targets such as deb, AppImage, dmg, zip, nsis');
  const missing = [addonFile, desktopFile, preloadFile, rendererFile].find((file) => !existsSync(file));
  if (missing !== undefined) throw new SetupFault(`${missing} has not been built: npm run setup`);
  const ships = targets.filter((name) => !withoutFfmpeg.has(name));
  if (ships.length > 0 && ships.length < targets.length) throw new SetupFault(`${ships.join(', ')} ship ffmpeg and the others do not: pack them apart`);
  if (ships.length === 0) say(targets.includes('deb') ? 'this package depends on the ffmpeg of Debian' : 'no ffmpeg is packed: this folder uses the one on the PATH');
  const made = await build({
    projectDir: root,
    targets: platform.createTarget(targets),
    publish: 'never',
    config: {
      ...localElectron(),
      electronVersion: electronVersion(),
      ...(values.out === undefined ? {} : { directories: { output: resolve(process.env['INIT_CWD'] ?? '.', values.out) } }),
      ...(ships.length > 0 ? { extraResources: [shippedFfmpeg()] } : {}),
    },
  });
  for (const path of made) say(path);
}

/** @param {unknown} error */
function told(error) {
  if (!(error instanceof SetupFault)) throw error;
  say(error.message);
  process.exitCode = 1;
}

if (import.meta.filename === process.argv[1]) await pack(process.argv.slice(2)).catch(told);
