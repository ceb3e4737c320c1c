// `npm start -- [FILE…]`: the studio in Electron where that can be had, else in a browser's window, else at an address
// that is printed. `--browser` and the options of `stemwright studio` ask for the latter two.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { provideElectron, runElectron } from './electron.mjs';
import { cliFile } from './setup/paths.mjs';

const args = process.argv.slice(2);

function hasDisplay() {
  const { DISPLAY = '', WAYLAND_DISPLAY = '' } = process.env;
  return process.platform !== 'linux' || DISPLAY !== '' || WAYLAND_DISPLAY !== '';
}

const electron = args.some((arg) => arg.startsWith('-')) || !hasDisplay() ? null : await provideElectron();
if (electron !== null) {
  const folder = process.env['INIT_CWD'] ?? process.cwd();
  process.exitCode = await runElectron(electron, args.map((file) => resolve(folder, file)));
} else {
  process.argv.splice(2, args.length, 'studio', ...args.filter((arg) => arg !== '--browser'));
  await import(pathToFileURL(cliFile).href);
}
