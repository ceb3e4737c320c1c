import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {'run' | 'check' | 'unit' | 'test' | 'e2e'} Purpose
 * @typedef {'apt' | 'brew' | 'choco'} Manager
 * @typedef {{ ok: true } | { ok: false, found: string }} Verdict
 *
 * @typedef {object} Requirement
 * @property {string} name     as a person would say it
 * @property {Purpose[]} purposes
 * @property {Record<Manager, string>} packages   '' where the manager has none
 * @property {() => string[]} files   what the verdict depends on; they are looked at again when one changes
 * @property {() => Verdict} probe
 */

const wanted = { gcc: [12], clang: [14], cmake: [3, 25], clangFormat: [14] };

/**
 * The first executable of that name on the PATH.
 * @param {string} name
 */
export function which(name) {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const suffix of suffixes) {
      const path = join(folder, name + suffix);
      if (folder !== '' && existsSync(path)) return path;
    }
  }
  return undefined;
}

/**
 * The first dotted number in a `--version` text: "cmake version 3.25.1" gives [3, 25, 1].
 * @param {string} text
 */
export function versionIn(text) {
  const match = /\d+(?:\.\d+)*/.exec(text.replace(/^.*?version\s+/s, ''));
  return match === null ? [] : match[0].split('.').map(Number);
}

/**
 * @param {number[]} version
 * @param {number[]} least
 */
export function atLeast(version, least) {
  for (const [index, part] of least.entries()) {
    const have = version[index] ?? 0;
    if (have !== part) return have > part;
  }
  return true;
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function output(command, args) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/**
 * @param {string} name
 * @param {number[]} least
 * @returns {Verdict}
 */
function probeVersion(name, least) {
  const path = which(name);
  if (path === undefined) return { ok: false, found: 'not found' };
  const version = versionIn(output(path, ['--version']));
  if (atLeast(version, least)) return { ok: true };
  return { ok: false, found: `${version.join('.')} is older than ${least.join('.')}` };
}

/** The compiler that CMake will take: $CXX, else the usual names. */
function compiler() {
  const names = [process.env['CXX'], 'c++', 'g++', 'clang++'];
  return names.flatMap((name) => (name ? [existsSync(name) ? name : which(name)] : [])).find(Boolean);
}

/** @returns {Verdict} */
function probeCompiler() {
  if (process.platform === 'win32') {
    const found = which('cl') ?? which('clang-cl');
    return found ? { ok: true } : { ok: false, found: 'no cl on the PATH: open a Visual Studio developer prompt' };
  }
  const path = compiler();
  if (path === undefined) return { ok: false, found: 'not found' };
  const text = output(path, ['--version']);
  const version = versionIn(text.includes('clang') ? text : output(path, ['-dumpfullversion']));
  const least = text.includes('clang') ? wanted.clang : wanted.gcc;
  if (atLeast(version, least)) return { ok: true };
  return { ok: false, found: `${path} ${version.join('.')} is older than ${least.join('.')}` };
}

/** @returns {Verdict} */
function probeFfmpeg() {
  const path = which('ffmpeg');
  if (path === undefined || which('ffprobe') === undefined) return { ok: false, found: 'not found' };
  if (output(path, ['-version']).includes('--enable-libsoxr')) return { ok: true };
  return { ok: false, found: `${path} was built without soxr` };
}

const headerFolders = ['/usr/include', '/usr/local/include', '/opt/homebrew/include', '/opt/local/include'];

/** @param {string} name below an include folder */
function header(name) {
  const root = process.env['VCPKG_ROOT'] ?? process.env['VCPKG_INSTALLATION_ROOT'];
  const vcpkg = root === undefined ? [] : [join(root, 'installed', 'x64-windows', 'include')];
  return [...vcpkg, ...headerFolders].map((folder) => join(folder, name)).find(existsSync);
}

function vulkanHeader() {
  const sdk = process.env['VULKAN_SDK'];
  const inSdk = sdk === undefined ? [] : [join(sdk, 'Include', 'vulkan', 'vulkan.h')];
  return inSdk.find(existsSync) ?? header('vulkan/vulkan.h');
}

/** The manifest of the driver that computes on the CPU, which the tests run on. */
function lavapipe() {
  const folders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
  return folders
    .flatMap((folder) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []))
    .find((path) => path.includes('lvp_icd'));
}

/** Clang for what no compiler here builds: Metal's shaders and host are type-checked by it. */
export function clang() {
  return ['clang-19', 'clang-18', 'clang'].map(which).find((path) => path !== undefined);
}

const chromiums = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const chromeFiles = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The browser that the end-to-end tests drive: $STEMWRIGHT_CHROMIUM, else the first that is installed. */
export function chromium() {
  const wanted = process.env['STEMWRIGHT_CHROMIUM'];
  if (wanted !== undefined && wanted !== '') return existsSync(wanted) ? wanted : undefined;
  return chromiums.map(which).find((path) => path !== undefined) ?? chromeFiles.find((path) => existsSync(path));
}

/** @param {(string | undefined)[]} paths @returns {string[]} */
const present = (...paths) => paths.flatMap((path) => path ?? []);

/** @type {Requirement[]} */
const requirements = [
  {
    name: 'a C++20 compiler',
    purposes: ['run', 'test'],
    packages: { apt: 'g++', brew: '', choco: 'visualstudio2022buildtools' },
    files: () => present(process.platform === 'win32' ? which('cl') ?? which('clang-cl') : compiler()),
    probe: probeCompiler,
  },
  {
    name: 'cmake',
    purposes: ['run', 'test'],
    packages: { apt: 'cmake', brew: 'cmake', choco: 'cmake' },
    files: () => present(which('cmake')),
    probe: () => probeVersion('cmake', wanted.cmake),
  },
  {
    name: 'ninja',
    purposes: ['run', 'test'],
    packages: { apt: 'ninja-build', brew: 'ninja', choco: 'ninja' },
    files: () => present(which('ninja')),
    probe: () => probeVersion('ninja', [1]),
  },
  {
    name: 'ffmpeg with soxr',
    purposes: ['run', 'test'],
    packages: { apt: 'ffmpeg', brew: 'ffmpeg-full', choco: 'ffmpeg-full' },
    files: () => present(which('ffmpeg'), which('ffprobe')),
    probe: probeFfmpeg,
  },
  {
    name: 'PortAudio',
    purposes: ['run', 'test'],
    packages: { apt: 'portaudio19-dev', brew: 'portaudio', choco: '' },
    files: () => present(header('portaudio.h')),
    probe: () => (header('portaudio.h') ? { ok: true } : { ok: false, found: 'portaudio.h not found' }),
  },
  ...[
    { name: 'glslang', tool: 'glslangValidator', apt: 'glslang-tools', brew: 'glslang' },
    { name: 'SPIR-V tools', tool: 'spirv-val', apt: 'spirv-tools', brew: 'spirv-tools' },
    { name: 'SPIRV-Cross', tool: 'spirv-cross', apt: 'spirv-cross', brew: 'spirv-cross' },
  ].map(({ name, tool, apt, brew }) => ({
    name,
    purposes: /** @type {Purpose[]} */ (['run', 'test']),
    packages: { apt, brew, choco: 'vulkan-sdk' },
    files: () => present(which(tool)),
    probe: () => /** @type {Verdict} */ (which(tool) ? { ok: true } : { ok: false, found: 'not found' }),
  })),
  {
    name: "Vulkan's headers",
    purposes: ['run', 'test'],
    packages: { apt: 'libvulkan-dev', brew: '', choco: 'vulkan-sdk' },
    files: () => present(vulkanHeader()),
    probe: () => (process.platform === 'darwin' || vulkanHeader() ? { ok: true } : { ok: false, found: 'vulkan/vulkan.h not found' }),
  },
  {
    name: "Mesa's software Vulkan",
    purposes: ['test', 'e2e'],
    packages: { apt: 'mesa-vulkan-drivers', brew: '', choco: '' },
    files: () => present(lavapipe()),
    probe: () => (process.platform !== 'linux' || lavapipe() ? { ok: true } : { ok: false, found: 'lvp_icd not found' }),
  },
  {
    name: 'SoundTouch',
    purposes: ['run', 'test'],
    packages: { apt: 'libsoundtouch-dev', brew: 'sound-touch', choco: '' },
    files: () => present(header('SoundTouchDLL.h')),
    probe: () => (header('SoundTouchDLL.h') ? { ok: true } : { ok: false, found: 'SoundTouchDLL.h not found' }),
  },
  {
    name: 'clang',
    purposes: ['test'],
    packages: { apt: 'clang-19', brew: '', choco: 'llvm' },
    files: () => present(clang()),
    probe: () => (clang() ? { ok: true } : { ok: false, found: 'not found' }),
  },
  {
    name: 'jackd',
    purposes: ['test', 'e2e'],
    packages: { apt: 'jackd2', brew: '', choco: '' },
    files: () => present(which('jackd')),
    probe: () => (process.platform !== 'linux' || which('jackd') ? { ok: true } : { ok: false, found: 'not found' }),
  },
  {
    name: 'doctest',
    purposes: ['test'],
    packages: { apt: 'doctest-dev', brew: 'doctest', choco: '' },
    files: () => present(header('doctest/doctest.h')),
    probe: () => (header('doctest/doctest.h') ? { ok: true } : { ok: false, found: 'doctest/doctest.h not found' }),
  },
  {
    name: 'clang-format',
    purposes: ['check'],
    packages: { apt: 'clang-format', brew: 'clang-format', choco: 'llvm' },
    files: () => present(which('clang-format')),
    probe: () => probeVersion('clang-format', wanted.clangFormat),
  },
  {
    name: 'Chromium',
    purposes: ['e2e'],
    packages: { apt: 'chromium', brew: 'google-chrome', choco: 'googlechrome' },
    files: () => present(chromium()),
    probe: () => (chromium() ? { ok: true } : { ok: false, found: 'not found' }),
  },
];

/** @param {Purpose[]} purposes */
export function requirementsFor(purposes) {
  return requirements.filter((requirement) => requirement.purposes.some((purpose) => purposes.includes(purpose)));
}

/**
 * What is missing or too old, with what was found instead.
 * @param {Requirement[]} list
 */
export function missing(list) {
  return list.flatMap((requirement) => {
    const verdict = requirement.probe();
    return verdict.ok ? [] : [{ requirement, found: verdict.found }];
  });
}
