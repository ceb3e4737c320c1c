import { createInterface } from 'node:readline/promises';
import { say, SetupFault } from './fault.mjs';
import { missing, which } from './packages.mjs';
import { runLogged } from './process.mjs';

/** @typedef {import('./packages.mjs').Manager} Manager */
/** @typedef {import('./packages.mjs').Requirement} Requirement */
/** @typedef {{ manager: Manager, root: boolean, terminal: boolean, forbidden: boolean }} Situation */

/** @returns {Manager | undefined} */
function manager() {
  if (process.platform === 'darwin') return 'brew';
  if (process.platform === 'win32') return 'choco';
  return which('apt-get') === undefined ? undefined : 'apt';
}

/**
 * The line that installs these, as a person would type it.
 * @param {Manager} by
 * @param {string[]} packages
 * @param {boolean} root
 */
export function installLine(by, packages, root) {
  const names = packages.join(' ');
  if (by === 'apt') return `${root ? '' : 'sudo '}apt-get install -y --no-install-recommends ${names}`;
  if (by === 'choco') return `choco install -y ${names}`;
  // Homebrew's plain ffmpeg lacks soxr, and the full one is not linked by itself.
  const link = packages.includes('ffmpeg-full') ? ' && brew link --overwrite --force ffmpeg-full' : '';
  return `brew install ${names}${link}`;
}

/**
 * Root installs by itself, a person at a terminal is asked, everyone else is told.
 * @param {Situation} situation
 * @returns {'install' | 'ask' | 'tell'}
 */
export function decide({ manager: by, root, terminal, forbidden }) {
  if (forbidden || by === 'choco') return 'tell';
  if (by === 'apt' && root) return 'install';
  return terminal ? 'ask' : 'tell';
}

/** @param {string} line */
async function agreed(line) {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`Run \`${line}\` now? [Y/n] `);
    return /^(y|yes|)$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

/**
 * @param {Manager} by
 * @param {string} line
 */
async function install(by, line) {
  const shell = (/** @type {string} */ text) => runLogged('sh', ['-c', text], { DEBIAN_FRONTEND: 'noninteractive' });
  // A fresh machine has no package lists; where the update fails, the old lists may still do.
  if (by === 'apt') await shell(line.replace(/apt-get .*/, 'apt-get update'));
  const { code, lastError } = await shell(line);
  if (code !== 0) throw new SetupFault(`\`${line}\` failed${lastError}; fix that or install them by hand`);
}

/**
 * Brings what the purpose needs onto the machine, or says in one line what to install.
 * @param {Requirement[]} list
 */
export async function provide(list) {
  const lacking = missing(list);
  if (lacking.length === 0) return;
  const what = lacking.map(({ requirement, found }) => `${requirement.name} (${found})`).join(', ');
  const by = manager();
  if (by === undefined) throw new SetupFault(`needs ${what}: install with this system's package manager`);

  const packages = lacking.flatMap(({ requirement }) => requirement.packages[by] || []);
  if (packages.length === 0) throw new SetupFault(`needs ${what}${by === 'brew' ? ': xcode-select --install' : ''}`);
  const root = process.getuid?.() === 0;
  const line = installLine(by, packages, root);
  const forbidden = process.env['STEMWRIGHT_NO_SYSTEM_INSTALL'] === '1';
  const terminal = process.stdin.isTTY && process.stderr.isTTY;
  const decision = decide({ manager: by, root, terminal, forbidden });

  if (decision === 'tell') throw new SetupFault(`needs ${what}; install with: ${line}`);
  say(`needs ${what}`);
  if (decision === 'ask' && !(await agreed(line))) throw new SetupFault(`nothing was installed; when ready: ${line}`);
  say(line);
  await install(by, line);

  const still = missing(list).map(({ requirement, found }) => `${requirement.name} (${found})`);
  if (still.length > 0) throw new SetupFault(`this system's packages do not give ${still.join(', ')}; install it by hand`);
}
